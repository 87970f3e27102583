// A tone on one side, so that a room hears which of its loudspeakers is which.

let context;

/** @param side -1 for the left, 1 for the right. */
export function beep(side) {
  const Context = globalThis.AudioContext ?? globalThis.webkitAudioContext;
  if (!Context) return;
  context ??= new Context();
  context.resume();
  const tone = context.createOscillator();
  const volume = context.createGain();
  const merger = context.createChannelMerger(2);
  const start = context.currentTime + 0.02;
  tone.frequency.value = side < 0 ? 660 : 880;
  // Without a click at either end.
  volume.gain.setValueAtTime(0, start);
  volume.gain.linearRampToValueAtTime(0.25, start + 0.02);
  volume.gain.setValueAtTime(0.25, start + 0.5);
  volume.gain.linearRampToValueAtTime(0, start + 0.55);
  tone.connect(volume).connect(merger, 0, side < 0 ? 0 : 1);
  merger.connect(context.destination);
  tone.start(start);
  tone.stop(start + 0.6);
}
