/** API Gateway's limits, measured as it measures them: in bytes of UTF-8. */

/** A frame beyond this closes the socket with 1009, so it goes over REST. */
export const SOCKET_FRAME_BYTES = 32_768

/** Beyond this no route accepts a message. */
export const MESSAGE_BYTES = 131_072

/** One attached file, and how many a message may have. */
export const UPLOAD_BYTES = 25 * 1_048_576
export const ATTACHMENTS = 10

const encoder = new TextEncoder()

export const utf8Bytes = (text: string): number => encoder.encode(text).length

export const fitsSocket = (frame: string): boolean => utf8Bytes(frame) <= SOCKET_FRAME_BYTES
