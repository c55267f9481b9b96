import { expect, test } from 'vitest'
import { hasRoom, KEPT_BYTES, KEPT_MESSAGES, type KeptMessage } from './keep'
import { Keeper, memoryShelf, type Shelf } from './keeper'

const message = (messageId: string, at = 1): KeptMessage => ({ conversationId: 'default', messageId, text: messageId, attachments: [], at })
const draft = (text: string) => ({ text, attachments: [], edit: null })

test('messages come back in the order in which they were written', () => {
  const keeper = new Keeper(memoryShelf(), 'ana')
  keeper.keep(message('later', 2))
  keeper.keep(message('sooner', 1))
  expect(keeper.messages().map(({ messageId }) => messageId)).toEqual(['sooner', 'later'])
  keeper.forget('sooner')
  expect(keeper.messages()).toEqual([message('later', 2)])
})

test('one person finds nothing of another', () => {
  const shared = memoryShelf()
  new Keeper(shared, 'ana').keep(message('m1'))
  new Keeper(shared, 'ana').keepDraft('default', draft('secret'))
  expect(new Keeper(shared, 'ben').messages()).toEqual([])
  expect(new Keeper(shared, 'ben').draft('default')).toBeNull()
})

test('who signs out leaves nothing, and nothing is kept afterwards', () => {
  const shared = memoryShelf()
  const [ana, ben] = [new Keeper(shared, 'ana'), new Keeper(shared, 'ben')]
  ben.keepDraft('default', draft('of ben'))
  ana.keep(message('m1'))
  ana.keepDraft('default', draft('of ana'))
  ana.clear()
  ana.keep(message('m2'))
  ana.keepDraft('default', draft('late'))
  expect(ana.messages()).toEqual([])
  expect(ana.draft('default')).toBeNull()
  expect(ben.draft('default')?.text).toBe('of ben')
})

test('what is stored and not ours is nothing', () => {
  const shared = memoryShelf()
  shared.setItem('openclaw.unsent.ana.m1', '{"text": 1}')
  shared.setItem('openclaw.unsent.ana.m2', 'no json')
  shared.setItem('openclaw.draft.ana.default', '[]')
  const keeper = new Keeper(shared, 'ana')
  expect(keeper.messages()).toEqual([])
  expect(keeper.draft('default')).toBeNull()
})

test('a storage that is full loses nothing but the reload', () => {
  const full: Shelf = {
    ...memoryShelf(),
    setItem: () => {
      throw new Error('QuotaExceededError')
    },
  }
  const keeper = new Keeper(full, 'ana')
  keeper.keep(message('m1'))
  expect(keeper.messages()).toEqual([])
})

test('so many messages are kept, and so many bytes', () => {
  const many = Array.from({ length: KEPT_MESSAGES - 1 }, (_, n) => message(`${n}`))
  expect(hasRoom(many, message('last'))).toBe(true)
  expect(hasRoom([...many, message('last')], message('one more'))).toBe(false)
  expect(hasRoom([], { text: '가'.repeat(KEPT_BYTES / 3), attachments: [] })).toBe(false)
})
