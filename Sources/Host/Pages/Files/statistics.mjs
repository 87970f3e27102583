// The figures that S shows.

const megabits = (bits) => (bits === null ? "–" : `${(bits / 1e6).toFixed(2)} Mbit/s`);
const seconds = (time) => (time === null ? "–" : `${time.toFixed(2)} s`);

function rows(figures, video, words) {
  const quality = video.getVideoPlaybackQuality?.();
  return [
    [words.latency, figures.target === null ? seconds(figures.delay) : `${seconds(figures.delay)} (${words.held}: ${seconds(figures.target)})`],
    [words.buffer, seconds(figures.buffer)],
    [words.rate, `${figures.rate.toFixed(3)} ×`],
    [words.resolution, `${video.videoWidth} × ${video.videoHeight}`],
    [words.frames, quality ? `${quality.totalVideoFrames} / ${quality.droppedVideoFrames}` : "–"],
    [words.arriving, megabits(figures.arriving)],
    [words.sent, megabits(figures.sent)],
    [words.stalls, `${figures.stalls} / ${figures.jumps} / ${Math.max(0, figures.connections - 1)}`],
    [words.codec, figures.codecs || "–"],
  ];
}

/** Writes them into a <dl>. */
export function showStatistics(list, figures, video, words) {
  const wanted = rows(figures, video, words).flat();
  while (list.children.length < wanted.length) {
    list.append(document.createElement(list.children.length % 2 ? "dd" : "dt"));
  }
  wanted.forEach((text, index) => {
    if (list.children[index].textContent !== text) list.children[index].textContent = text;
  });
}
