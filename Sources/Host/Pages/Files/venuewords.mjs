// What people read on a venue's screen, in English and Japanese.

const english = {
  start: "Start the screen",
  startNote: "Fills the screen, turns the sound on and keeps the computer awake.",
  sound: "Turn the sound on",
  card: "Test card",
  waiting: "The session has not started yet. The picture will appear here by itself.",
  startsIn: "The session starts in",
  due: ({ time }) => `The session was to start at ${time}. The picture will appear here by itself.`,
  days: (count) => `${count} d`,
  readLarge: "Can you read this?",
  read: "If you can read this line from the last row, the whole room can.",
  edges: "All four corners and the white edge must be in view.",
  judder: "The bar moves evenly, without jerks.",
  left: "Left",
  right: "Right",
  both: "Press each: the tone must come from that side.",
  keys: "1–9 choose · arrows, 0 layout · A sound of · M sound · F full screen · T test card · S statistics",
  picture: "Live picture",
  unreported: "The relay is not reachable from here. Check this room's network. Trying again…",
  refused: "This link is not valid any more. Ask the organiser for a new one.",
  layouts: { side: "Side by side", corner: "One large", one: "One alone" },
  soundOf: (name) => `Sound of ${name}`,
  soundOff: "Sound off",
};

const japanese = {
  start: "この画面を開始",
  startNote: "全画面で表示し、音声をオンにして、パソコンをスリープさせません。",
  sound: "音を出す",
  card: "テストカード",
  waiting: "配信はまだ始まっていません。始まると自動的に映像が表示されます。",
  startsIn: "開始まで",
  due: ({ time }) => `${time}に開始予定でした。始まると自動的に映像が表示されます。`,
  days: (count) => `${count}日`,
  readLarge: "読めますか？",
  read: "最後列からこの行が読めれば、会場の全員が読めます。",
  edges: "四隅と白い枠がすべて見えることを確認してください。",
  judder: "バーはなめらかに動きます。",
  left: "左",
  right: "右",
  both: "それぞれ押して、その側から音が出ることを確認してください。",
  keys: "1–9 選択 · 矢印と0 レイアウト · A 音声の切替 · M 消音 · F 全画面 · T テストカード · S 統計情報",
  picture: "ライブ映像",
  unreported: "中継サーバーに接続できません。この会場のネットワークを確認してください。再接続しています…",
  refused: "このリンクは無効になりました。主催者に新しいリンクを依頼してください。",
  layouts: { side: "並べて表示", corner: "大きく1つ", one: "1つのみ" },
  soundOf: (name) => `${name}の音声`,
  soundOff: "音声オフ",
};

export const venueWords = (language) => (language === "ja" ? japanese : english);

/** The time that is left, `1:02:03`, `12:34` or with days; null where there is none. */
export function countdown(seconds, words) {
  if (!(seconds > 0)) return null;
  const left = Math.ceil(seconds);
  const two = (value) => String(value).padStart(2, "0");
  const [days, hours, minutes] = [Math.floor(left / 86400), Math.floor(left / 3600) % 24, Math.floor(left / 60) % 60];
  const clock = `${minutes}:${two(left % 60)}`;
  if (days > 0) return `${words.days(days)} ${hours}:${two(minutes)}:${two(left % 60)}`;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(left % 60)}` : clock;
}
