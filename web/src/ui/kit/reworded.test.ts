import { expect, test } from 'vitest'
import { AppError, SignedOut } from '../../api/errors'
import { reworded } from './reworded'

const refused = (code: string) => Promise.reject(new AppError(code, 'as the server says it', true))

test('a refusal whose code has a sentence is told in that sentence', async () => {
  const told = reworded(refused('not_running'), { not_running: 'It sleeps.' })
  await expect(told).rejects.toMatchObject({ code: 'not_running', message: 'It sleeps.', retryable: true })
})

test('any other failure stays as it is', async () => {
  await expect(reworded(refused('conflict'), { not_running: 'It sleeps.' })).rejects.toThrow('as the server says it')
  await expect(reworded(Promise.reject(new SignedOut()), {})).rejects.toBeInstanceOf(SignedOut)
})

test('what was answered is passed on', async () => {
  expect(await reworded(Promise.resolve(7), {})).toBe(7)
})
