/** This machine in a test: a checkout in a folder of its own, and the programs that a deploy starts. */
import { LAMBDAS } from '../src/deploy/build.ts'
import type { RunOptions } from '../src/shell.ts'
import type { Release } from '../src/release.ts'
import { Account } from './account.ts'
import { folder } from './world.ts'

const TASKS = 'arn:aws:ecs:us-east-1:123456789012:task-definition/openclaw:'
const PAGE = ['index.html', 'sw.js', 'assets/a-1.js'].map((file) => `web/dist/${file}`)

/** As if both were one: what a program does is seen in the account. */
export class Machine {
  readonly account = new Account()
  readonly release: Release & { share?: number } = {}
  readonly root: string
  readonly remove: () => void
  tree = '100644 blob 1 container/Dockerfile'
  revision = 0
  #pushes = 0

  constructor() {
    const { root, remove } = folder(['target/release/ops', ...PAGE, ...LAMBDAS.map((crate) => `target/lambda/${crate}/bootstrap`)])
    this.root = root
    this.remove = remove
    this.account.parameters.set('/cdk-bootstrap/hnb659fds/version', { value: '28', type: 'String', at: new Date(0) })
  }

  get programs(): Record<string, (command: string[], options: RunOptions) => string | void> {
    return {
      'node --version': () => 'v20.20.2',
      'cargo --version': () => 'cargo 1.95.0',
      'container/need-docker': () => '',
      'rustc --print': () => '/lib',
      'ls /lib': () => 'libstd',
      'need-cargo-lambda --check': () => 'cargo-lambda 1.9.2',
      'need-cargo-lambda': () => '/tools',
      'cargo-lambda lambda build': () => {},
      'cargo build': () => {},
      'web/dist/index.html': () => {},
      'git describe': () => 'v1.2.0',
      'git ls-tree': () => this.tree,
      'git status': () => '',
      'docker login': () => {},
      'make --no-print-directory image': (command) => this.#push(command),
      'cdk synth': () => {},
      'cdk diff': () => {},
      'cdk deploy openclaw-storage --app': () => this.#place(),
      'cdk deploy openclaw-storage openclaw-identity': () => {},
      'cdk deploy --all': () => this.#deploy(),
      'release show': () => JSON.stringify(this.release),
      'release begin': (command) => this.#begin(command),
      'release promote': () => void Object.assign(this.release, { current: this.release.candidate, candidate: null }),
      'release rollback': () => {},
      'telegram set': () => {},
      'telegram delete': () => {},
    }
  }

  #push(command: string[]): void {
    const tag = command.find((word) => word.startsWith('IMAGE='))?.split(':').at(-1) ?? ''
    this.#pushes += 1
    this.account.images.set(tag, `sha256:${this.#pushes.toString(16).repeat(64)}`)
  }

  #place(): void {
    this.account.stacks.set('openclaw-web', 'CREATE_COMPLETE').set('openclaw-storage', 'CREATE_COMPLETE')
    this.account.repository = true
  }

  #deploy(): void {
    for (const kind of ['network', 'web', 'storage', 'identity', 'compute', 'api', 'monitoring']) {
      this.account.stacks.set(`openclaw-${kind}`, 'CREATE_COMPLETE')
    }
    this.revision = this.#pushes
    this.account.imageOf.set(`${TASKS}${this.revision}`, [...this.account.images.values()].at(-1) ?? '')
    const description = {
      PAGE_URL: 'https://d1.cloudfront.net', API_URL: 'https://d1.cloudfront.net/api', USER_POOL_ID: 'pool', WEB_BUCKET: 'page-files',
      DISTRIBUTION_ID: 'E1', TASK_DEFINITION_ARN: `${TASKS}${this.revision}`,
    }
    const put = (name: string, value: object) =>
      this.account.parameters.set(name, { value: JSON.stringify(value), type: 'String', at: new Date(0) })
    put('/openclaw/deployment', description)
    put('/openclaw/page', { demo: false })
  }

  /** As crates/domain/src/release.rs: the first is everybody's at once. */
  #begin(command: string[]): void {
    const after = (word: string) => command[command.indexOf(word) + 1] ?? ''
    const arn = after('--candidate')
    if (!this.release.current) Object.assign(this.release, { current: arn, candidate: null })
    else Object.assign(this.release, { candidate: arn, share: Number(after('--share')) })
  }
}
