/**
 * The contents page: seven stacks, in the order in which they need one another. What one lets others do it offers as a
 * verb (`grantRun`, `grantRead`), so nobody writes a policy for what is not his.
 */
import { type App, Tags } from 'aws-cdk-lib'
import { Api } from './api/api.ts'
import { Compute } from './compute/compute.ts'
import { Identity } from './identity/identity.ts'
import { Monitoring } from './monitoring/monitoring.ts'
import { namesOf } from './names.ts'
import { Network } from './network/network.ts'
import type { Options } from './options/index.ts'
import { Storage } from './storage/storage.ts'
import { Web } from './web/web.ts'

export function describeService(app: App, options: Options): void {
  app.node.setContext('@aws-cdk/aws-iam:minimizePolicies', true)
  Tags.of(app).add('deployment', options.name)
  const names = namesOf(options)
  const of = (stack: string) => `${options.name}-${stack}`
  const props = options.region === undefined ? {} : { env: { region: options.region } }

  const network = new Network(app, of('network'), options, props)
  const web = new Web(app, of('web'), options, names, props)
  const storage = new Storage(app, of('storage'), options, names, web.origin, props)
  const identity = new Identity(app, of('identity'), options, names, web.origin, props)
  const compute = new Compute(app, of('compute'), options, names, { network, storage, identity, web }, props)
  const api = new Api(app, of('api'), options, names, { network, storage, identity, web, compute }, props)
  if (options.watch.monitoring !== 'none' || options.watch.budgetDollars > 0) {
    new Monitoring(app, of('monitoring'), options, names, { api, web }, props)
  }
}
