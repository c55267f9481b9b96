/** Posts a file with the form the API gave. XMLHttpRequest, because fetch tells no progress. */
import type { UploadOffer } from '../protocol'
import { text } from '../text'
import { AppError } from './errors'

export type SendFile<Offer = UploadOffer> = (
  offer: Offer,
  file: Blob,
  onProgress: (share: number) => void,
  signal: AbortSignal,
) => Promise<void>

/** To any of the store's forms. */
export const sendFile: SendFile<Pick<UploadOffer, 'url' | 'fields'>> = (offer, file, onProgress, signal) =>
  new Promise((resolve, reject) => {
    const form = new FormData()
    for (const [name, value] of Object.entries(offer.fields)) form.append(name, value)
    // The store ignores what comes after the file.
    form.append('file', file, 'file')
    const request = new XMLHttpRequest()
    const unreachable = () => reject(new AppError('network', text.errors.network, true))
    request.open('POST', offer.url)
    request.upload.addEventListener('progress', ({ loaded, total }) => onProgress(total > 0 ? loaded / total : 0))
    request.addEventListener('load', () => (request.status < 300 ? resolve() : reject(refusal(request))))
    request.addEventListener('error', unreachable)
    // A file that was changed or removed since it was picked ends here as well.
    request.addEventListener('abort', unreachable)
    signal.addEventListener('abort', () => request.abort())
    request.send(form)
  })

/** The store answers in XML, for programs. Whatever it was, another form may do. */
function refusal({ status, responseText }: XMLHttpRequest): AppError {
  if (responseText.includes('EntityTooLarge')) return new AppError('too_large', text.attachments.refusedTooLarge, false)
  return status >= 500 ? new AppError('store', text.errors.server, true) : new AppError('store', text.attachments.refused, true)
}
