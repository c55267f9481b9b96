import { expect, test } from 'vitest'
import { AppError } from '../api/errors'
import { ATTACHMENTS, UPLOAD_BYTES } from './limits'
import { Uploads } from './uploads'

interface Sending {
  name: string
  signal: AbortSignal
  progress: (share: number) => void
  done: () => void
  fail: (error: unknown) => void
}

function world() {
  const sending: Sending[] = []
  let ids = 0
  let forms = 0
  const uploads = new Uploads({
    newId: () => `f${++ids}`,
    offer: async (name) => ({ url: '', fields: {}, key: `uploads/ana/${++forms}/${name}`, name, expiresAt: 0 }),
    send: (_offer, sent, progress, signal) =>
      new Promise((done, fail) => {
        sending.push({ name: (sent as File).name, signal, progress, done, fail })
      }),
  })
  const shown = () => uploads.files().map(({ name, state, progress }) => ({ name, state, progress }))
  const last = () => sending.at(-1)!
  return { uploads, sending, shown, last }
}

const settle = () => new Promise((resolve) => setTimeout(resolve, 0))

/** Only its name and size are looked at before it is sent. */
const file = (name: string, size = 1): File => ({ name, size }) as File

test('a file is sent while the person writes, and then the message may name it', async () => {
  const { uploads, shown, last } = world()
  expect(uploads.add([file('a.pdf')])).toBeNull()
  await settle()
  last().progress(0.5)
  expect(shown()).toEqual([{ name: 'a.pdf', state: 'sending', progress: 0.5 }])
  last().done()
  await settle()
  expect(shown()).toEqual([{ name: 'a.pdf', state: 'sent', progress: 1 }])
  expect(uploads.sent()).toEqual([{ key: 'uploads/ana/1/a.pdf', name: 'a.pdf' }])
  uploads.clear()
  expect(shown()).toEqual([])
})

test('files of an earlier message are there already, and count', async () => {
  const { uploads, sending, shown } = world()
  uploads.adopt([{ key: 'k', name: 'old.pdf' }])
  expect(shown()).toEqual([{ name: 'old.pdf', state: 'sent', progress: 1 }])
  uploads.add(Array.from({ length: ATTACHMENTS }, (_, n) => file(`${n}`)))
  await settle()
  expect(sending).toHaveLength(ATTACHMENTS - 1)
  uploads.remove('f1')
  expect(uploads.sent()).toEqual([])
})

test('a file at the limit is taken, one past it is not sent at all', async () => {
  const { uploads, sending } = world()
  expect(uploads.add([file('fits', UPLOAD_BYTES)])).toBeNull()
  expect(uploads.add([file('large.mov', UPLOAD_BYTES + 1)])).toBe('large.mov is too large: 26 MB of at most 25 MB.')
  await settle()
  expect(sending.map(({ name }) => name)).toEqual(['fits'])
})

test('a message takes so many files and no more', () => {
  const { uploads, shown } = world()
  expect(uploads.add(Array.from({ length: ATTACHMENTS }, (_, n) => file(`${n}`)))).toBeNull()
  expect(uploads.add([file('another')])).toMatch(/at most 10/)
  expect(shown()).toHaveLength(ATTACHMENTS)
})

test('what the store refuses can be sent again, with a form of its own', async () => {
  const { uploads, sending, shown, last } = world()
  uploads.add([file('a.pdf')])
  await settle()
  last().fail(new AppError('store', 'The file was not taken.', true))
  await settle()
  expect(uploads.files()[0]).toMatchObject({ state: 'failed', problem: 'The file was not taken.', retry: true })
  uploads.resume()
  await settle()
  expect(sending).toHaveLength(1)
  uploads.retry('f1')
  await settle()
  expect(shown()).toEqual([{ name: 'a.pdf', state: 'sending', progress: 0 }])
  last().done()
  await settle()
  expect(uploads.sent()).toEqual([{ key: 'uploads/ana/2/a.pdf', name: 'a.pdf' }])
})

test('what had no connection goes on when there is one', async () => {
  const { uploads, last, shown } = world()
  uploads.add([file('a.pdf')])
  await settle()
  last().fail(new TypeError('no network'))
  await settle()
  expect(uploads.files()[0]?.problem).toMatch(/connection/)
  uploads.resume()
  await settle()
  last().done()
  await settle()
  expect(shown()).toEqual([{ name: 'a.pdf', state: 'sent', progress: 1 }])
})

test('a file that is removed is sent no further', async () => {
  const { uploads, last, shown } = world()
  uploads.add([file('a.pdf'), file('b.pdf')])
  await settle()
  uploads.remove('f2')
  expect(last().signal.aborted).toBe(true)
  last().fail(new TypeError('aborted'))
  await settle()
  expect(shown().map(({ name }) => name)).toEqual(['a.pdf'])
})
