import { expect, test } from 'vitest'
import { type Agent, unknownAgent } from '../../../chat/agent'
import { howItIs } from './mood'

const heard = (status: Agent['status'], phase: Agent['phase'] = null): Agent => ({ ...unknownAgent, status, phase })

test('until a frame came, what REST said holds', () => {
  expect(howItIs(unknownAgent, undefined)).toBe('unknown')
  expect(howItIs(unknownAgent, { status: 'Idle', openMessages: 0 })).toBe('asleep')
})

test('a frame is newer than an answer', () => {
  expect(howItIs(heard('Stopping'), { status: 'Running', openMessages: 2 })).toBe('stopping')
  expect(howItIs(heard('Running'), { status: 'Idle', openMessages: 0 })).toBe('ready')
})

test('an agent with open messages is answering', () => {
  expect(howItIs(heard('Running'), { status: 'Running', openMessages: 1 })).toBe('working')
})

test('a launch that is put off is told', () => {
  expect(howItIs(heard('Idle', 'retrying'), undefined)).toBe('postponed')
})
