import { expect, test, vi } from 'vitest'
import { Drafts } from './drafts'
import { Keeper, memoryShelf } from './keeper'
import { Uploads } from './uploads'

let ids = 0
const newUploads = () =>
  new Uploads({
    newId: () => `f${++ids}`,
    offer: async (name) => ({ url: '', fields: {}, key: `k/${name}`, name, expiresAt: 0 }),
    send: async () => {},
  })
const world = (keeper = new Keeper(memoryShelf(), 'ana')) => new Drafts({ keeper, newUploads })

const old = { text: 'old words', attachments: [{ key: 'k', name: 'old.pdf' }] }

test('each conversation has a draft of its own', () => {
  const drafts = world()
  drafts.of('a').write('for a')
  expect(drafts.of('b').view().text).toBe('')
  expect(drafts.of('a').view().text).toBe('for a')
})

test('editing puts aside what was being written, and brings it back', () => {
  const draft = world().of('a')
  draft.write('half a thought')
  draft.edit('m1', old)
  expect(draft.view()).toMatchObject({ text: 'old words', editing: 'm1' })
  expect(draft.view().uploads.sent()).toEqual(old.attachments)
  draft.write('new words')
  draft.done()
  expect(draft.view()).toMatchObject({ text: 'half a thought', editing: null })
  expect(draft.view().uploads.sent()).toEqual([])
})

test('one edit after another still remembers what was put aside', () => {
  const draft = world().of('a')
  draft.write('half a thought')
  draft.edit('m1', old)
  draft.edit('m2', { text: 'another', attachments: [] })
  expect(draft.view()).toMatchObject({ text: 'another', editing: 'm2' })
  draft.done()
  expect(draft.view().text).toBe('half a thought')
})

test('a message that is taken back comes before what is there already', () => {
  const draft = world().of('a')
  draft.write('and more')
  draft.putBack(old)
  expect(draft.view()).toMatchObject({ text: 'old words\n\nand more', editing: null })
  expect(draft.view().uploads.sent()).toEqual(old.attachments)
})

test('what was sent leaves nothing', () => {
  const draft = world().of('a')
  draft.putBack(old)
  draft.done()
  expect(draft.view().text).toBe('')
  expect(draft.view().uploads.files()).toEqual([])
})

test('a draft is there again after a reload, with its files and with what is edited beside it', () => {
  const keeper = new Keeper(memoryShelf(), 'ana')
  const before = world(keeper)
  before.of('a').putBack(old)
  before.of('a').edit('m1', { text: 'anew', attachments: [] })
  before.flush()
  const draft = world(keeper).of('a')
  expect(draft.view()).toMatchObject({ text: 'anew', editing: 'm1' })
  draft.done()
  expect(draft.view()).toMatchObject({ text: 'old words', editing: null })
  expect(draft.view().uploads.sent()).toEqual(old.attachments)
})

test('a draft is kept soon after the last letter, and what was sent is kept no longer', () => {
  vi.useFakeTimers()
  const keeper = new Keeper(memoryShelf(), 'ana')
  const drafts = world(keeper)
  drafts.of('a').write('h')
  drafts.of('a').write('hi')
  expect(keeper.draft('a')).toBeNull()
  vi.advanceTimersByTime(300)
  expect(keeper.draft('a')?.text).toBe('hi')
  drafts.of('a').done()
  vi.advanceTimersByTime(300)
  expect(keeper.draft('a')).toBeNull()
  vi.useRealTimers()
})
