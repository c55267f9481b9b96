/** What a browser does over its WebSocket. */
import { randomUUID } from 'node:crypto'
import assert from 'node:assert/strict'
import { WebSocket } from 'ws'
import { type Json, type Ministack, within } from './ministack.ts'

const ANSWERED_WITHIN_MILLIS = 20_000

/** As a deployment's parameter says it. */
export type Deployment = Record<string, string>

export async function readDeployment(ministack: Ministack): Promise<Deployment> {
  const { Parameter } = await ministack.json('ssm', 'AmazonSSM.GetParameter', { Name: '/openclaw/deployment' })
  return JSON.parse(Parameter.Value)
}

export function subjectOf(token: string): string {
  return JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()).sub
}

function subprotocols(token: string): string {
  return `openclaw.v1, bearer.${token}`
}

/** What `ws-connect` answers to API Gateway, which ministack makes 403 of, whatever it is. */
export async function connectAnswer(ministack: Ministack, token: string, origin: string): Promise<{ status: number; protocol: string | undefined }> {
  const event = {
    headers: { Origin: origin, 'Sec-WebSocket-Protocol': subprotocols(token) },
    requestContext: { routeKey: '$connect', eventType: 'CONNECT', connectionId: 'smoke-direct', connectedAt: 0, requestTimeEpoch: 0, identity: {} },
  }
  const { statusCode, headers } = await ministack.invoke('openclaw-ws-connect', event)
  return { status: statusCode, protocol: headers?.['sec-websocket-protocol'] }
}

export class Line {
  readonly #socket: WebSocket
  readonly #heard: Json[] = []

  private constructor(socket: WebSocket) {
    this.#socket = socket
    socket.on('message', (data) => this.#heard.push(JSON.parse(String(data))))
  }

  /** As a header of our own: ministack does not pass on which subprotocol the function chose, and the library would mind. */
  static open(url: string, token: string, origin: string): Promise<Line> {
    const socket = new WebSocket(url, { origin, headers: { 'Sec-WebSocket-Protocol': subprotocols(token) } })
    const line = new Line(socket)
    return new Promise((resolve, reject) => {
      socket.on('open', () => resolve(line))
      socket.on('unexpected-response', (_, response) => reject(new Refused(response.statusCode ?? 0)))
      socket.on('error', reject)
      socket.on('close', (code) => reject(new Error(`closed with ${code}`)))
    })
  }

  say(frame: Json): void {
    this.#socket.send(JSON.stringify(frame))
  }

  hear(what: string, is: (frame: Json) => boolean): Promise<Json> {
    return within(ANSWERED_WITHIN_MILLIS, `${what}; heard ${JSON.stringify(this.#heard)}`, async () => this.#heard.find(is))
  }

  close(): void {
    this.#socket.close()
  }
}

export class Refused extends Error {
  readonly status: number

  constructor(status: number) {
    super(`refused with ${status}`)
    this.status = status
  }
}

export async function refused(opening: Promise<Line>): Promise<void> {
  const outcome = await opening.then((line) => (line.close(), 'connected'), (error: unknown) => (error instanceof Refused ? error.status : String(error)))
  assert.equal(outcome, 403)
}

/** A message's row, once it is in the inbox. */
export async function inboxRow(ministack: Ministack, table: string, user: string, message: string): Promise<Json> {
  const Key = { PK: { S: `USER#${user}` }, SK: { S: `MSG#${message}` } }
  const { Item } = await ministack.json('dynamodb', 'DynamoDB_20120810.GetItem', { TableName: table, Key, ConsistentRead: true })
  return Item
}

export async function send(line: Line): Promise<{ messageId: string; accepted: Json }> {
  const messageId = randomUUID()
  line.say({ action: 'sendMessage', messageId, conversationId: 'default', message: 'Hello from the smoke run' })
  const accepted = await line.hear('the message is accepted', (frame) => frame.type === 'accepted' && frame.messageId === messageId)
  return { messageId, accepted }
}
