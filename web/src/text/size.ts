/** How large a file is, as people say it. */
export function fileSize(bytes: number): string {
  const [value, unit] = bytes < 1024 ? [bytes, 'B'] : bytes < 1_048_576 ? [bytes / 1024, 'KB'] : [bytes / 1_048_576, 'MB']
  // Rounded up: a file just past a limit must not read as if it were at it.
  const digits = value < 10 && unit !== 'B' ? 1 : 0
  const scale = 10 ** digits
  return `${Math.ceil(value * scale) / scale} ${unit}`
}
