/** HTTP/2 on the wire, for diagrams. */
/** Builders of HTTP/2 bytes. */
export const h2 = Object.freeze({
  /** What a client's connection begins with (RFC 9113 section 3.4). */
  preface: 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
});
