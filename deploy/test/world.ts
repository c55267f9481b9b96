/** A world of its own for each test: a folder that goes, a keyboard that is a list, programs that do as they are told. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Deployment } from '../src/deployment.ts'
import { Interrupted } from '../src/errors.ts'
import { choose, type Context } from '../src/options.ts'
import { CommandFailed, CommandMissing, type RunOptions, type Shell } from '../src/shell.ts'
import type { Terminal } from '../src/terminal.ts'
import type { World } from '../src/world.ts'
import { type Call, type Answers, fakeAws, REGION } from './account.ts'

export class TestTerminal implements Terminal {
  readonly lines: string[] = []
  isInteractive = true
  piped = ''
  readonly #answers: string[]

  constructor(answers: string[] = []) {
    this.#answers = answers
  }

  get text(): string {
    return this.lines.join('\n')
  }

  say(line = ''): void {
    this.lines.push(line)
  }

  async ask(question: string): Promise<string> {
    this.lines.push(question)
    const answer = this.#answers.shift()
    if (answer === undefined) throw new Error(`nobody answers: ${question}`)
    if (answer === '^C') throw new Interrupted()
    return answer
  }

  /** What is typed here must never be seen again. */
  askUnseen(question: string): Promise<string> {
    return this.ask(question)
  }

  async readAll(): Promise<string> {
    return this.piped
  }
}

type Program = (command: string[], options: RunOptions) => string | void

export class TestShell implements Shell {
  readonly ran: string[] = []
  /** Standard input and environment, of what may be looked through for secrets. */
  readonly options: RunOptions[] = []
  readonly #programs: Record<string, Program>

  constructor(programs: Record<string, Program> = {}) {
    this.#programs = programs
  }

  async run(command: string[], options: RunOptions = {}): Promise<void> {
    await this.read(command, options)
  }

  async read(command: string[], options: RunOptions = {}): Promise<string> {
    const line = command.join(' ')
    this.ran.push(line)
    this.options.push(options)
    const found = Object.keys(this.#programs).find((start) => line.includes(start))
    if (!found) throw new CommandMissing(command[0] ?? '')
    return this.#programs[found]?.(command, options) ?? ''
  }
}

export const failing =
  (said = 'it broke'): Program =>
  (command) => {
    throw new CommandFailed(command, 1, said)
  }

export interface TestWorld extends World {
  terminal: TestTerminal
  shell: TestShell
  calls: Call[]
}

export interface Setting {
  answers?: Answers
  programs?: Record<string, Program>
  typed?: string[]
  context?: Context
  packages?: string
  root?: string
  region?: string
  now?: Date
}

export function testWorld(setting: Setting = {}): TestWorld {
  const { answers = {}, programs, typed, context = {}, root = '/nowhere', region = REGION, now = new Date(0) } = setting
  const { aws, calls } = fakeAws(answers)
  return {
    deployment: new Deployment('openclaw', region),
    options: choose('openclaw', region, context),
    context,
    agentPackages: setting.packages ?? '',
    aws,
    calls,
    shell: new TestShell(programs),
    terminal: new TestTerminal(typed),
    root,
    yes: false,
    now: () => now,
    credentials: async () => ({ AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'the-secret-key' }),
  }
}

/** A folder with these files, and what removes it. */
export function folder(files: string[]): { root: string; remove: () => void } {
  const root = mkdtempSync(join(tmpdir(), 'deploy-test-'))
  for (const file of files) {
    mkdirSync(dirname(join(root, file)), { recursive: true })
    writeFileSync(join(root, file), file)
  }
  return { root, remove: () => rmSync(root, { recursive: true, force: true }) }
}
