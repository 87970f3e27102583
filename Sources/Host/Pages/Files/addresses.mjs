// The addresses by which players and decoder boxes play a stream.

const USUAL = { rtmp: 1935, rtmps: 443, rtsp: 554, rtsps: 322 };

/** What stands for a venue's token, which is not the page's to show. */
const TOKEN = "?token=TOKEN";

/**
 * @param facts { relay, venues, ports }: ports by protocol, where there is a listener.
 * @param page where the session page is: { protocol, hostname, origin }.
 * @returns [{ name, address }] with names of words.
 */
export function addressesOf({ relay, venues, ports }, stream, page) {
  const query = venues ? TOKEN : "";
  const path = `/${relay}/${stream}`;
  const rows = [
    { name: "vlc", address: `${page.origin}${path}.m3u8${query}` },
    { name: "mpv", address: `${page.origin}${path}.flv${query}` },
    { name: "obs", address: `${page.origin}${path}.ts${query}` },
  ];
  // What came by TLS stays with TLS.
  const isSecure = page.protocol === "https:";
  for (const [name, plain] of [["rtmp", "rtmp"], ["box", "rtsp"]]) {
    const scheme = isSecure && ports[`${plain}s`] ? `${plain}s` : plain;
    const port = ports[scheme];
    if (!port) continue;
    const host = port === USUAL[scheme] ? page.hostname : `${page.hostname}:${port}`;
    rows.push({ name, address: `${scheme}://${host}${path}${query}` });
  }
  if (ports.srt) {
    const who = venues ? ":TOKEN" : "";
    rows.push({ name: "srt", address: `srt://${page.hostname}:${ports.srt}?streamid=read:${relay}/${stream}${who}` });
  }
  return rows;
}
