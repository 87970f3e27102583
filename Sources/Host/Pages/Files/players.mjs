// The player that a browser can have.

import { Player } from "./player.mjs";
import { canStream } from "./sink.mjs";

const HLS = "application/vnd.apple.mpegurl";
// Fetched only by those who need it; in double quotes the page would fetch it for everybody.
const { NativePlayer } = canStream() ? {} : await import(`./native.mjs`);

/** Chromium plays HLS too, ends at the first segment that it cannot have, and has no need of it. */
const hasNative = (video) => video.canPlayType(HLS) !== "" && !/Chrom(e|ium)\//.test(navigator.userAgent);

export const playerFor = (video, options) => new (NativePlayer && hasNative(video) ? NativePlayer : Player)(video, options);
