/** Names for the parts of the wire types that the chat speaks about. */
import type { Message, ServerFrame } from '../protocol'

export type { ClientFrame, Message, MessagesPage, ServerFrame } from '../protocol'

type Frame<T extends ServerFrame['type']> = Extract<ServerFrame, { type: T }>

export type StatusFrame = Frame<'status'>
export type ToolFrame = Frame<'tool'>
export type EndFrame = Frame<'stream_end'>
export type ErrorFrame = Frame<'error'>
export type WholeFrame = Frame<'message'>
export type TextFrame = Frame<'stream_chunk'> | Frame<'stream_snapshot'>

export type Outcome = EndFrame['outcome']
export type Usage = NonNullable<EndFrame['usage']>
export type AgentStatus = StatusFrame['status']
export type Phase = NonNullable<StatusFrame['phase']>
export type Role = Message['role']
