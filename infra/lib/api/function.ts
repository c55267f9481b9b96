/** One Lambda of ours: a Rust program on ARM64 with a role, a log and a size of its own. */
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Duration, RemovalPolicy } from 'aws-cdk-lib'
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import type { CfnFunction} from 'aws-cdk-lib/aws-lambda';
import { Architecture, Code, Function, LoggingFormat, Runtime } from 'aws-cdk-lib/aws-lambda'
import { LogGroup } from 'aws-cdk-lib/aws-logs'
import { Construct } from 'constructs'
import type { Environment } from '../compute/environment.ts'
import { allow } from '../grants.ts'
import type { Names } from '../names.ts'
import { type Options, UnusableOption } from '../options/index.ts'

export interface Size {
  readonly memory: number
  readonly seconds: number
}

export class RustFunction extends Construct {
  readonly crate: string
  readonly role: Role
  readonly function: Function
  readonly logGroup: LogGroup

  constructor(scope: Construct, crate: string, options: Options, names: Names, size: Size, environment: Environment) {
    super(scope, crate)
    this.crate = crate
    this.logGroup = new LogGroup(this, 'Log', {
      logGroupName: names.logGroup(crate), retention: options.logDays, removalPolicy: RemovalPolicy.DESTROY,
    })
    this.role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com'), description: `The function ${crate}` })
    allow(this.role, ['logs:CreateLogStream', 'logs:PutLogEvents'], [this.logGroup.logGroupArn])
    this.function = new Function(this, 'Function', {
      functionName: names.function(crate),
      runtime: Runtime.PROVIDED_AL2023,
      architecture: Architecture.ARM_64,
      handler: 'bootstrap',
      code: Code.fromAsset(packageOf(crate, options.lambdaDir)),
      role: this.role,
      memorySize: size.memory,
      timeout: Duration.seconds(size.seconds),
      logGroup: this.logGroup,
      loggingFormat: LoggingFormat.JSON,
      // An ordinary variable here; Lambda itself sets AWS_REGION.
      environment: { ...environment, RUST_BACKTRACE: '1' },
    })
  }

  get resource(): CfnFunction {
    return this.function.node.defaultChild as CfnFunction
  }
}

function packageOf(crate: string, lambdaDir: string): string {
  const directory = join(resolve(lambdaDir), crate)
  if (existsSync(join(directory, 'bootstrap'))) return directory
  throw new UnusableOption(
    `There is no program of the function ${crate} at ${join(lambdaDir, crate, 'bootstrap')}. Build all of them with "cargo lambda build --release --arm64", or say with -c lambdaDir=… where they are.`,
  )
}
