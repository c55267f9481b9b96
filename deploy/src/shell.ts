/** Other programs. What they need that is secret goes in by environment or standard input, never by argument. */
import { spawn, type StdioOptions } from 'node:child_process'
import { Interrupted, Refusal } from './errors.ts'

export interface RunOptions {
  cwd?: string
  env?: Record<string, string>
  /** Written to its standard input. */
  input?: string
}

export interface Shell {
  /** Its output is shown. */
  run(command: string[], options?: RunOptions): Promise<void>
  /** Its standard output is the answer; the rest is shown only if it fails. */
  read(command: string[], options?: RunOptions): Promise<string>
}

export class CommandFailed extends Refusal {
  readonly code: number | null
  /** Its last words, if they were not shown. */
  readonly said: string

  constructor(command: string[], code: number | null, output: string) {
    const said = output.trim().split('\n').slice(-5).join('\n')
    super(`\`${command.join(' ')}\` ended with ${code}${said ? `:\n${said}` : '; see above'}`)
    this.code = code
    this.said = said
  }
}

export class CommandMissing extends Refusal {
  constructor(program: string) {
    super(`\`${program}\` is not installed, or not in PATH`)
  }
}

const STOPPED_BY_KEYBOARD = 130

export class RealShell implements Shell {
  #running = 0

  get isBusy(): boolean {
    return this.#running > 0
  }

  async run(command: string[], options: RunOptions = {}): Promise<void> {
    await this.#spawn(command, options, 'inherit')
  }

  read(command: string[], options: RunOptions = {}): Promise<string> {
    return this.#spawn(command, options, 'pipe')
  }

  #spawn(command: string[], options: RunOptions, output: 'inherit' | 'pipe'): Promise<string> {
    const [program = '', ...args] = command
    const stdio: StdioOptions = [options.input === undefined ? 'inherit' : 'pipe', output, output]
    const env = { ...process.env, ...options.env }
    const child = spawn(program, args, { cwd: options.cwd, env, stdio })
    this.#running++
    // A keyboard's Ctrl-C reaches both; a signal that only we got is passed on.
    const passOn = (signal: NodeJS.Signals) => void child.kill(signal)
    process.on('SIGTERM', passOn)
    const said = { out: '', err: '' }
    child.stdout?.on('data', (chunk) => (said.out += chunk))
    child.stderr?.on('data', (chunk) => (said.err += chunk))
    child.stdin?.on('error', () => {}).end(options.input)
    const ended = new Promise<string>((resolve, reject) => {
      child.once('error', (error: NodeJS.ErrnoException) =>
        reject(error.code === 'ENOENT' ? new CommandMissing(program) : error),
      )
      child.once('close', (code, signal) => {
        if (code === 0) resolve(said.out)
        else if (signal === 'SIGINT' || signal === 'SIGTERM' || code === STOPPED_BY_KEYBOARD) reject(new Interrupted())
        else reject(new CommandFailed(command, code, said.err || said.out))
      })
    })
    return ended.finally(() => {
      this.#running--
      process.off('SIGTERM', passOn)
    })
  }
}
