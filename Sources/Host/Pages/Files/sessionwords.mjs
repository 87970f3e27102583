// What people read on the session page, in English and Japanese.

import { sentenceFor } from "./sentences.mjs";
import { diagnose, isOnAir } from "./diagnosis.mjs";

const english = {
  watch: "Watch",
  others: "Addresses for players and decoder boxes",
  vlc: "VLC, iPhone, TV (HLS)",
  mpv: "mpv, ffplay",
  obs: "OBS media source",
  rtmp: "RTMP players",
  box: "Decoder box (RTSP)",
  srt: "Players and boxes on a bad line (SRT)",
  copy: "Copy",
  copied: "Copied",
  code: "Watch on a phone",
  choose: "Choose what to watch.",
  nothing: "Nothing has been sent yet. What there is will appear here by itself.",
  token: "This session is for invited rooms: write the token of your room in place of TOKEN.",
  live: "Live",
};

const japanese = {
  watch: "視聴する",
  others: "プレーヤーやデコーダー用のアドレス",
  vlc: "VLC、iPhone、テレビ（HLS）",
  mpv: "mpv、ffplay",
  obs: "OBSのメディアソース",
  rtmp: "RTMPプレーヤー",
  box: "デコーダー（RTSP）",
  srt: "不安定な回線用（SRT）",
  copy: "コピー",
  copied: "コピーしました",
  code: "スマートフォンで視聴",
  choose: "視聴する映像を選んでください。",
  nothing: "まだ何も配信されていません。配信が始まると自動的に表示されます。",
  token: "このセッションは招待された会場専用です。TOKENを会場のトークンに置き換えてください。",
  live: "ライブ配信中",
};

export const sessionWords = (language) => (language === "ja" ? japanese : english);

/** One line on how a stream is; `health` is null where the relay does not answer. */
export function lineFor(health, language, now) {
  const found = diagnose({
    isMoving: isOnAir(health),
    silence: 0,
    rate: null,
    refused: null,
    isOnline: true,
    reach: health ? "yes" : "no",
    health,
  });
  if (found && found.key !== "connecting") return sentenceFor(found, language, now);
  const facts = [sessionWords(language).live, health.resolution?.replace("x", " × ")];
  if (health.bitrate > 0) facts.push(`${(health.bitrate / 1e6).toFixed(1)} Mbit/s`);
  return facts.filter(Boolean).join(" · ");
}
