/** A refusal in the page's own words, by its code. Any other failure stays as it is. */
import { AppError, processServerError } from '../../api/errors'
import type { ErrorCode } from '../../protocol'

export async function reworded<T>(deed: Promise<T>, sentences: Partial<Record<ErrorCode, string>>): Promise<T> {
  try {
    return await deed
  } catch (thrown) {
    const failure = processServerError(thrown)
    const sentence = (sentences as Record<string, string | undefined>)[failure.code]
    throw sentence === undefined ? failure : new AppError(failure.code, sentence, failure.retryable)
  }
}
