/** The CDK app: options from the context (`-c name=value`), stacks from `lib/service.ts`. */
import { App } from 'aws-cdk-lib'
import { readOptions, UnusableOption } from '../lib/options/index.ts'
import { describeService } from '../lib/service.ts'

const app = new App()
try {
  describeService(app, readOptions(app.node.getAllContext() as Record<string, unknown>))
} catch (error) {
  if (!(error instanceof UnusableOption)) throw error
  console.error(`\n${error.message}\n`)
  process.exit(1)
}
