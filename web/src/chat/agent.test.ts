import { expect, test } from 'vitest'
import { type Agent, isPostponed, reduceAgent, secondsLeft, stageIndex, type StatusReport, unknownAgent, wakeProgress } from './agent'

const at = (...reports: [number, StatusReport][]): Agent =>
  reports.reduce((agent, [second, report]) => reduceAgent(agent, report, second * 1000), unknownAgent)

const starting = (phase: StatusReport['phase'], etaSeconds?: number): StatusReport => ({ status: 'Starting', phase, etaSeconds })

test('the bar follows the estimate', () => {
  const agent = at([0, starting('provisioning', 40)])
  expect([wakeProgress(agent, 0), wakeProgress(agent, 20_000)]).toEqual([0, 0.5])
  expect(secondsLeft(agent, 20_000)).toBe(20)
})

test('a finished stage counts even when the estimate was too long', () => {
  expect(wakeProgress(at([0, starting('provisioning', 400)], [1, starting('connecting')]), 1000)).toBe(0.5)
})

test('a longer estimate stops the bar and never turns it back', () => {
  const agent = at([0, starting('provisioning', 20)], [15, starting('provisioning', 60)])
  expect(wakeProgress(agent, 15_000)).toBe(0.75)
})

test('the bar is not full before the agent is there', () => {
  const agent = at([0, starting('provisioning', 10)])
  expect(wakeProgress(agent, 60_000)).toBeLessThan(1)
  expect(secondsLeft(agent, 60_000)).toBe(0)
})

test('a postponed start says when it is tried again, and the wake-up after it has its own estimate', () => {
  const postponed = at([0, { status: 'Idle', phase: 'retrying', etaSeconds: 20 }])
  expect([isPostponed(postponed), secondsLeft(postponed, 5000)]).toEqual([true, 15])
  const agent = reduceAgent(postponed, starting('provisioning'), 20_000)
  expect([isPostponed(agent), secondsLeft(agent, 20_000), wakeProgress(agent, 20_000)]).toEqual([false, null, 0])
})

test('without an estimate the stages alone are shown', () => {
  const agent = at([0, starting('startingGateway')])
  expect([secondsLeft(agent, 9000), wakeProgress(agent, 9000)]).toEqual([null, 0.25])
})

test('waiting for the machine before is part of finding one', () => {
  expect(stageIndex(at([0, starting('restoring')]))).toBe(stageIndex(at([0, starting('provisioning')])))
})

test('the next wake-up starts from nothing', () => {
  const agent = at([0, starting('startingGateway', 5)], [5, { status: 'Running' }], [90, starting('provisioning', 10)])
  expect([agent.wakingSince, wakeProgress(agent, 90_000)]).toEqual([90_000, 0])
})
