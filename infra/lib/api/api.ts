/** What answers: the functions, each with a role of its own, behind both APIs, the clock and ECS's events. */
import { Stack, type StackProps } from 'aws-cdk-lib'
import type { Construct } from 'constructs'
import type { Names } from '../names.ts'
import type { Options } from '../options/index.ts'
import { everyMinutes, taskEvents } from './events.ts'
import { Failed } from './failed.ts'
import { type Functions, makeFunctions } from './functions.ts'
import { httpApi } from './http.ts'
import type { ApiParts } from './parts.ts'
import { grantAll } from './permissions.ts'
import { webSocketApi } from './web-socket.ts'

export class Api extends Stack {
  readonly functions: Functions
  /** Names of the queues with what functions could not act upon. */
  readonly failed: string[] = []

  constructor(scope: Construct, id: string, options: Options, names: Names, parts: ApiParts, props: StackProps) {
    super(scope, id, props)
    this.functions = makeFunctions(this, options, names, parts)
    grantAll(this.functions, options, names, parts)
    webSocketApi(this, options, names, parts.web.addresses, this.functions)
    httpApi(this, options, names, parts.web.addresses, parts.identity, this.functions)
    const ticks = [[options.watch.watchdogMinutes, this.functions.watchdog], [1, this.functions.prewarm]] as const
    for (const [minutes, called] of ticks) {
      if (called === undefined) continue
      const failed = this.#failed(new Failed(called, options.name))
      everyMinutes(minutes, this, options.name, called, failed)
      taskEvents(this, options.name, parts.compute.clusterArn, called, failed)
    }
    this.#failed(new Failed(this.functions['scheduled-message'], options.name))
  }

  #failed(one: Failed): Failed {
    this.failed.push(one.queueName)
    return one
  }
}
