// The files of a zip, by its central directory: what was streamed says sizes only there.
import { inflateRawSync } from 'node:zlib'

const [ENTRY, END] = [0x02014b50, 0x06054b50]

/** Name and bytes of each. */
export function unzip(zip) {
  const end = zip.lastIndexOf(Buffer.from([0x50, 0x4b, 0x05, 0x06]))
  if (end < 0 || zip.readUInt32LE(end) !== END) throw new Error('not a zip')
  const files = new Map()
  let at = zip.readUInt32LE(end + 16)
  for (let left = zip.readUInt16LE(end + 10); left > 0; left -= 1) {
    if (zip.readUInt32LE(at) !== ENTRY) throw new Error(`no entry at ${at}`)
    const [packed, nameLength, extra, comment] = [zip.readUInt32LE(at + 20), ...[28, 30, 32].map((offset) => zip.readUInt16LE(at + offset))]
    const name = zip.toString('utf8', at + 46, at + 46 + nameLength)
    const local = zip.readUInt32LE(at + 42)
    const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28)
    const body = zip.subarray(start, start + packed)
    files.set(name, zip.readUInt16LE(at + 10) === 0 ? body : inflateRawSync(body))
    at += 46 + nameLength + extra + comment
  }
  return files
}
