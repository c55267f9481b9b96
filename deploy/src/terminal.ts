/** What is said and asked. A value that is typed unseen is neither echoed nor kept. */
import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import { Interrupted, Refusal } from './errors.ts'

export interface Terminal {
  /** Somebody is there who can answer. */
  readonly isInteractive: boolean
  say(line?: string): void
  ask(question: string): Promise<string>
  askUnseen(question: string): Promise<string>
  /** All of standard input, for a value that comes by a pipe. */
  readAll(): Promise<string>
}

export interface Streams {
  input: NodeJS.ReadableStream & { isTTY?: boolean }
  output: NodeJS.WritableStream
}

const nowhere = () => new Writable({ write: (_chunk, _encoding, done) => done() })

export class StreamTerminal implements Terminal {
  readonly #streams: Streams

  constructor(streams: Streams) {
    this.#streams = streams
  }

  get isInteractive(): boolean {
    return this.#streams.input.isTTY === true
  }

  say(line = ''): void {
    this.#streams.output.write(`${line}\n`)
  }

  ask(question: string): Promise<string> {
    return this.#question(question, this.#streams.output)
  }

  async askUnseen(question: string): Promise<string> {
    this.#streams.output.write(question)
    const answer = await this.#question('', nowhere())
    this.say()
    return answer
  }

  async readAll(): Promise<string> {
    const chunks: Buffer[] = []
    for await (const chunk of this.#streams.input) chunks.push(Buffer.from(chunk))
    return Buffer.concat(chunks).toString('utf8')
  }

  /** `terminal` puts the keyboard into raw mode, so that only readline echoes, into `output`. */
  #question(question: string, output: NodeJS.WritableStream): Promise<string> {
    if (!this.isInteractive) throw new Refusal('There is nobody to ask: standard input is not a terminal.')
    const lines = createInterface({ input: this.#streams.input, output, terminal: true, historySize: 0 })
    return new Promise((resolve, reject) => {
      lines.once('SIGINT', () => {
        lines.close()
        this.say()
        reject(new Interrupted())
      })
      lines.once('close', () => reject(new Interrupted()))
      lines.question(question, (answer) => {
        resolve(answer.trim())
        lines.close()
      })
    })
  }
}

/** Yes only if it is said. Where nobody can say it, `yes` stands for it, and without it nothing is done. */
export async function agrees(terminal: Terminal, question: string, yes: boolean): Promise<boolean> {
  if (yes) {
    terminal.say(`${question} yes (YES=1)`)
    return true
  }
  if (!terminal.isInteractive) {
    throw new Refusal(`${question} Nobody is here to answer: say YES=1 to agree beforehand.`)
  }
  return /^y(es)?$/i.test(await terminal.ask(`${question} [y/N] `))
}
