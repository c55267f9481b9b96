/**
 * What the agent is doing, and how far a wake-up has come.
 *
 * The bar is honest about the estimate and still never runs backwards: an
 * estimate that grows stops it, one that shrinks speeds it up.
 */
import type { AgentStatus, Phase, StatusFrame } from './frames'

export interface Agent {
  /** null until the server has said anything. */
  status: AgentStatus | null
  phase: Phase | null
  detail: string | null
  /** When this wake-up began, as far as this page knows. */
  wakingSince: number | null
  /** When it is expected to end, or to be tried again. */
  readyAt: number | null
  reached: number
}

export const unknownAgent: Agent = { status: null, phase: null, detail: null, wakingSince: null, readyAt: null, reached: 0 }

export const STAGES = ['provisioning', 'startingGateway', 'connecting', 'ready'] as const
export type Stage = (typeof STAGES)[number]

const stageOf: Record<Phase, Stage | null> = {
  provisioning: 'provisioning',
  // While the machine before still saves its work, or on a spare whose gateway runs already.
  restoring: 'provisioning',
  startingGateway: 'startingGateway',
  connecting: 'connecting',
  ready: 'ready',
  retrying: null,
  stopping: null,
}

export function stageIndex(agent: Agent): number {
  const stage = agent.phase && stageOf[agent.phase]
  return stage ? STAGES.indexOf(stage) : 0
}

export type StatusReport = Pick<StatusFrame, 'status'> & {
  phase?: Phase | null
  etaSeconds?: number | null
  detail?: string | null
  since?: number | null
}

/** What a frame says about the agent itself; null when only a message's run is tried again. */
export function reportOf(frame: StatusFrame): StatusReport | null {
  if (frame.messageId == null || frame.phase === 'stopping') return frame
  return frame.phase === 'retrying' ? null : { ...frame, detail: null }
}

export function reduceAgent(agent: Agent, report: StatusReport, now: number): Agent {
  const phase = report.phase ?? null
  const detail = report.detail ?? null
  const eta = report.etaSeconds == null ? null : now + report.etaSeconds * 1000
  if (report.status !== 'Starting') {
    return { status: report.status, phase, detail, wakingSince: null, readyAt: eta, reached: 0 }
  }
  const wakingSince = agent.wakingSince ?? Math.min(report.since ?? now, now)
  const readyAt = eta ?? (isWaking(agent) ? agent.readyAt : null)
  const next: Agent = { status: 'Starting', phase: phase ?? agent.phase, detail, wakingSince, readyAt, reached: agent.reached }
  // What the last estimate had reached is the floor for the next.
  const reached = wakeProgress(isWaking(agent) ? { ...agent, phase: next.phase } : next, now)
  return { ...next, reached }
}

/** Between 0 and 1. A finished stage counts even when the estimate was too long. */
export function wakeProgress(agent: Agent, now: number): number {
  const byStage = stageIndex(agent) / STAGES.length
  return Math.max(agent.reached, byStage, Math.min(byTime(agent, now), 0.97))
}

function byTime({ wakingSince, readyAt }: Agent, now: number): number {
  if (wakingSince === null || readyAt === null || readyAt <= wakingSince) return 0
  return (now - wakingSince) / (readyAt - wakingSince)
}

export const secondsLeft = ({ readyAt }: Agent, now: number): number | null =>
  readyAt === null ? null : Math.max(0, Math.ceil((readyAt - now) / 1000))

export const isWaking = ({ status }: Agent): boolean => status === 'Starting'

/** No machine was to be had; it is tried again by itself. */
export const isPostponed = ({ status, phase }: Agent): boolean => status === 'Idle' && phase === 'retrying'
