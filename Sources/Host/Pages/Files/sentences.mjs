// What people read, in English and Japanese.

/** Two figures that are compared: of small ones more is said. */
const megabits = (bits, whole = bits) => (bits / 1e6).toFixed(whole < 1e6 ? 2 : 1);

const english = {
  connecting: () => "Connecting…",
  notStarted: () => "The session has not started yet. The picture will appear here by itself.",
  starting: () => "The main venue is beginning to send. The picture will come in a moment.",
  stopped: ({ time }) => `The main venue has stopped sending. Waiting since ${time}.`,
  ended: ({ time }) => `The main venue ended the stream at ${time}. If it goes on, it will appear here by itself.`,
  relayDown: ({ time }) => `The relay is being restarted. The picture will come back by itself. Waiting since ${time}.`,
  relayRestarted: ({ time }) => `The relay has restarted and waits for the main venue to send again. Waiting since ${time}.`,
  pictureStopped: () => "The main venue's picture has stopped. It will come back here by itself.",
  soundStopped: () => "The main venue's sound has stopped. It will come back here by itself.",
  black: () => "The main venue's picture is black.",
  flat: () => "The main venue's picture is all one colour.",
  frozen: () => "The main venue's picture is not moving.",
  silent: () => "There is no sound from the main venue.",
  overloaded: () => "The relay is overloaded, so the picture stops now and then. The operator can see this.",
  slow: ({ rate, bitrate }) =>
    `This room's connection is too slow: ${megabits(rate, bitrate)} of ${megabits(bitrate)} Mbit/s arriving.`,
  unreachable: () => "The relay is not reachable from here. Check this room's network. Trying again…",
  offline: () => "This computer has no network. Check its Wi-Fi or cable. Trying again…",
  noToken: () => "This session is for invited rooms. Open it by the link you were given.",
  wrongToken: () => "This link is not valid, or not any more. Ask the organiser for a new one.",
  unknown: () => "There is no stream at this address. Check how it is written.",
  full: () => "The relay has no room for another viewer at the moment. Trying again…",
  codecs: ({ codecs }) => `This browser cannot play this stream (${codecs}). Open the page in another browser.`,
  noForm: () => "What the main venue sends cannot be shown in a browser. It should send H.264 and AAC.",
  noPlayer: () => "This browser is too old to play the stream. Open the page in another browser.",
  play: "Play",
  soundOn: "Sound on",
  soundOff: "Sound off",
  full_screen: "Full screen",
  latency: "Latency",
  statistics: "Statistics",
  controls: "Controls",
  picture: "Live picture",
  live: "Live",
  paused: "Paused",
  keys: "F full screen · M sound · Space pause · L latency · S statistics",
  held: "held",
  buffer: "Buffer",
  rate: "Speed",
  resolution: "Resolution",
  frames: "Frames shown / dropped",
  arriving: "Arriving",
  sent: "Sent by the main venue",
  stalls: "Stalls / jumps / reconnections",
  codec: "Codecs",
};

const japanese = {
  connecting: () => "接続しています…",
  notStarted: () => "配信はまだ始まっていません。始まると自動的に映像が表示されます。",
  starting: () => "メイン会場が配信を始めています。まもなく映像が表示されます。",
  stopped: ({ time }) => `メイン会場からの送信が止まっています。${time}から待機中です。`,
  ended: ({ time }) => `メイン会場は${time}に配信を終了しました。再開されると自動的に表示されます。`,
  relayDown: ({ time }) => `中継サーバーを再起動しています。映像は自動的に戻ります。${time}から待機中です。`,
  relayRestarted: ({ time }) => `中継サーバーは再起動し、メイン会場からの送信再開を待っています。${time}から待機中です。`,
  pictureStopped: () => "メイン会場からの映像が止まっています。再開すると自動的に戻ります。",
  soundStopped: () => "メイン会場からの音声が止まっています。再開すると自動的に戻ります。",
  black: () => "メイン会場の映像が真っ黒です。",
  flat: () => "メイン会場の映像が一色だけです。",
  frozen: () => "メイン会場の映像が動いていません。",
  silent: () => "メイン会場から音声が聞こえてきません。",
  overloaded: () => "中継サーバーの負荷が高く、映像が途切れることがあります。運営側の画面に表示されています。",
  slow: ({ rate, bitrate }) =>
    `この会場の回線速度が不足しています。必要な${megabits(bitrate)} Mbit/sのうち${megabits(rate, bitrate)} Mbit/sしか届いていません。`,
  unreachable: () => "中継サーバーに接続できません。この会場のネットワークを確認してください。再接続しています…",
  offline: () => "このパソコンがネットワークに接続されていません。Wi-Fiまたはケーブルを確認してください。再接続しています…",
  noToken: () => "このセッションは招待された会場専用です。受け取ったリンクから開いてください。",
  wrongToken: () => "このリンクは無効か、期限が切れています。主催者に新しいリンクを依頼してください。",
  unknown: () => "このアドレスに配信はありません。アドレスを確認してください。",
  full: () => "中継サーバーの視聴者数が上限に達しています。再接続しています…",
  codecs: ({ codecs }) => `このブラウザーではこの配信（${codecs}）を再生できません。別のブラウザーで開いてください。`,
  noForm: () => "メイン会場が送信している形式はブラウザーで表示できません。H.264とAACで送信する必要があります。",
  noPlayer: () => "このブラウザーは古いため再生できません。別のブラウザーで開いてください。",
  play: "再生",
  soundOn: "音を出す",
  soundOff: "音を消す",
  full_screen: "全画面表示",
  latency: "遅延",
  statistics: "統計情報",
  controls: "操作",
  picture: "ライブ映像",
  live: "ライブ",
  paused: "一時停止中",
  keys: "F 全画面 · M 音声 · スペース 一時停止 · L 遅延 · S 統計情報",
  held: "目標",
  buffer: "バッファー",
  rate: "再生速度",
  resolution: "解像度",
  frames: "表示フレーム / 欠落",
  arriving: "受信",
  sent: "メイン会場の送信",
  stalls: "停止 / ジャンプ / 再接続",
  codec: "コーデック",
};

/** The language of a page for somebody who reads these, best first. */
export function languageFor(languages) {
  for (const language of languages ?? []) {
    const primary = language.toLowerCase().split("-")[0];
    if (primary === "ja" || primary === "en") return primary;
  }
  return "en";
}

export const wordsIn = (language) => (language === "ja" ? japanese : english);

/** Hours and minutes where the reader is; of another day the date, too. */
export function clockTime(date, now, language) {
  const isToday = date.toDateString() === now.toDateString();
  const day = isToday ? {} : { month: "short", day: "numeric" };
  const format = { ...day, hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  return new Intl.DateTimeFormat(language === "ja" ? "ja-JP" : "en-GB", format).format(date);
}

/** The sentence for what was found by a diagnosis. */
export function sentenceFor(found, language, now) {
  const since = found.since ? new Date(found.since) : now;
  return wordsIn(language)[found.key]({ ...found, time: clockTime(since, now, language) });
}
