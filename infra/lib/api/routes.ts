/** A route of an API, the function behind it, and its right to be called by that API alone. */
import { Aws } from 'aws-cdk-lib'
import { CfnIntegration, CfnRoute, type CfnRouteProps } from 'aws-cdk-lib/aws-apigatewayv2'
import { CfnPermission } from 'aws-cdk-lib/aws-lambda'
import type { Construct } from 'constructs'
import { arn } from '../names.ts'
import type { RustFunction } from './function.ts'

export interface Kind {
  readonly apiId: string
  readonly timeoutMillis: number
  /** HTTP APIs have a newer one. */
  readonly payloadFormatVersion?: '2.0'
}

export class Routes {
  readonly #scope: Construct
  readonly #kind: Kind
  readonly #integrations = new Map<string, CfnIntegration>()
  readonly all: CfnRoute[] = []

  constructor(scope: Construct, kind: Kind) {
    this.#scope = scope
    this.#kind = kind
  }

  add(id: string, to: RustFunction, props: Omit<CfnRouteProps, 'apiId' | 'target'>): void {
    const integration = this.#integrations.get(to.crate) ?? this.#integrate(to)
    this.all.push(new CfnRoute(this.#scope, id, { apiId: this.#kind.apiId, target: `integrations/${integration.ref}`, ...props }))
  }

  #integrate(to: RustFunction): CfnIntegration {
    const { apiId, timeoutMillis, payloadFormatVersion } = this.#kind
    const uri = `arn:${Aws.PARTITION}:apigateway:${Aws.REGION}:lambda:path/2015-03-31/functions/${to.function.functionArn}/invocations`
    const integration = new CfnIntegration(this.#scope, `To-${to.crate}`, {
      apiId, integrationType: 'AWS_PROXY', integrationMethod: 'POST', integrationUri: uri, timeoutInMillis: timeoutMillis,
      ...(payloadFormatVersion && { payloadFormatVersion }),
    })
    new CfnPermission(this.#scope, `To-${to.crate}-Permission`, {
      action: 'lambda:InvokeFunction', functionName: to.function.functionArn, principal: 'apigateway.amazonaws.com',
      sourceArn: arn('execute-api', `${apiId}/*`), sourceAccount: Aws.ACCOUNT_ID,
    })
    this.#integrations.set(to.crate, integration)
    return integration
  }
}
