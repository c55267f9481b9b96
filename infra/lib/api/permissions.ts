/**
 * What each function may do: one block for each, which reads like the `Ports` struct of its crate. A test has the same as a
 * literal table, so that a grant that is added here must be added there, and is seen.
 */
import type { Role } from 'aws-cdk-lib/aws-iam'
import { grantSecrets, TELEGRAM_SECRET, TELEGRAM_TOKEN } from '../secrets.ts'
import type { Names } from '../names.ts'
import type { Options } from '../options/index.ts'
import { FOLDERS } from '../storage/data-bucket.ts'
import { DUE_INDEX, META_INDEX, TIME_INDEX, USER_INDEX } from '../storage/tables.ts'
import type { Functions } from './functions.ts'
import type { ApiParts } from './parts.ts'
import { grantClose, grantPush } from './push.ts'

export function grantAll(functions: Functions, options: Options, names: Names, parts: ApiParts): void {
  const may = new Permissions(options, parts)
  const { inbox, conversations, connections, settings, taskState } = parts.storage.tables
  const role = (crate: keyof Functions) => functions[crate]?.role

  const wsConnect = role('ws-connect')!
  taskState.grantGet(wsConnect)
  taskState.grantChange(wsConnect)
  connections.grantPut(wsConnect)

  const wsDisconnect = role('ws-disconnect')!
  taskState.grantChange(wsDisconnect)
  connections.grantGet(wsDisconnect)
  connections.grantRemove(wsDisconnect)

  may.accept(role('ws-message')!)

  const api = role('api')!
  may.accept(api)
  taskState.grantPut(api)
  conversations.grantGet(api)
  conversations.grantGetMany(api)
  conversations.grantQueryIndex(api, META_INDEX)
  conversations.grantQueryIndex(api, TIME_INDEX)
  conversations.grantChange(api)
  conversations.grantRemove(api)
  settings.grantPut(api)
  settings.grantChange(api)
  settings.grantRemove(api)
  may.readFiles(api)
  may.keepFiles(api)
  may.erase(api)
  parts.identity.grantManage(api, 'ListUsers', 'AdminUserGlobalSignOut', 'AdminDeleteUser')
  parts.storage.userSchedules.grantSet(api)
  const read = [...parts.storage.snapshotKey.secrets, ...(options.telegram ? [TELEGRAM_TOKEN] : [])]
  if (read.length > 0) grantSecrets(api, names, ...read)

  const telegram = role('telegram-webhook')
  if (telegram) {
    may.accept(telegram)
    conversations.grantGet(telegram)
    conversations.grantQuery(telegram)
    parts.storage.data.grantRead(telegram, 'texts')
    parts.storage.data.grantList(telegram)
    settings.grantPut(telegram)
    settings.grantChange(telegram)
    settings.grantRemove(telegram)
    grantSecrets(telegram, names, TELEGRAM_TOKEN, TELEGRAM_SECRET)
  }

  const scheduled = role('scheduled-message')!
  may.accept(scheduled)
  settings.grantChange(scheduled)
  parts.storage.userSchedules.grantSet(scheduled)

  const watchdog = role('watchdog')!
  may.watch(watchdog)
  taskState.grantPut(watchdog)
  inbox.grantQuery(watchdog)
  connections.grantGet(watchdog)
  connections.grantRemove(watchdog)
  settings.grantGet(watchdog)
  settings.grantRemove(watchdog)
  grantPush(watchdog, parts.web.addresses)
  may.erase(watchdog)
  parts.identity.grantManage(watchdog, 'ListUsers', 'AdminUserGlobalSignOut', 'AdminDeleteUser')
  parts.storage.userSchedules.grantRemove(watchdog)

  const prewarm = role('prewarm')
  if (prewarm) may.watch(prewarm)
}

class Permissions {
  readonly #options: Options
  readonly #parts: ApiParts

  constructor(options: Options, parts: ApiParts) {
    this.#options = options
    this.#parts = parts
  }

  /** A message into the inbox, a task for it, a word to those who watch. */
  accept(role: Role): void {
    const { taskState, inbox, connections, settings } = this.#parts.storage.tables
    taskState.grantGet(role)
    taskState.grantChange(role)
    if (this.#options.prewarm.spares > 0) {
      taskState.grantQueryIndex(role, DUE_INDEX)
      taskState.grantGetMany(role)
    }
    inbox.grantGet(role)
    inbox.grantQuery(role)
    inbox.grantPut(role)
    inbox.grantChange(role)
    connections.grantGet(role)
    connections.grantQueryIndex(role, USER_INDEX)
    connections.grantRemove(role)
    settings.grantGet(role)
    settings.grantQuery(role)
    this.#parts.compute.grantRun(role)
    grantPush(role, this.#parts.web.addresses)
  }

  /** Tasks against what is on record of them. */
  watch(role: Role): void {
    const { compute, storage } = this.#parts
    const { taskState } = storage.tables
    taskState.grantGet(role)
    taskState.grantGetMany(role)
    taskState.grantQueryIndex(role, DUE_INDEX)
    taskState.grantChange(role)
    taskState.grantRemove(role)
    compute.grantRun(role)
    compute.grantStop(role)
    compute.grantDescribe(role)
    compute.grantList(role)
  }

  readFiles(role: Role): void {
    const { data, snapshotKey } = this.#parts.storage
    data.grantList(role)
    data.grantRead(role, ...FOLDERS)
    snapshotKey.grantOpen(role)
  }

  /** Among them what the forms for a browser are signed for: they can do no more than the role. */
  keepFiles(role: Role): void {
    const { data } = this.#parts.storage
    data.grantWrite(role, 'downloads', 'exports', 'incoming', 'skills', 'uploads')
    data.grantAbort(role, 'downloads', 'exports')
    data.grantRemove(role, 'skills', 'texts')
  }

  /** Everything of a user who leaves. */
  erase(role: Role): void {
    const { tables, data } = this.#parts.storage
    for (const table of [tables.inbox, tables.conversations, tables.settings]) {
      table.grantQuery(role)
      table.grantRemoveMany(role)
    }
    tables.connections.grantQueryIndex(role, USER_INDEX)
    tables.connections.grantRemoveMany(role)
    data.grantErase(role, ...FOLDERS)
    this.#parts.compute.grantStop(role)
    grantClose(role, this.#parts.web.addresses)
  }
}
