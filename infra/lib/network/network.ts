/**
 * Where tasks run: public subnets with IPv4 and IPv6, and no NAT gateway, because that alone would cost more than everything
 * else (I8). Nothing can reach in, because the tasks' security group has no ingress rule (I6). With `ipv6-only` the
 * subnets have no IPv4 at all, and the gateway lets nothing in by itself.
 *
 * Written resource by resource: the library's own VPC asks AWS for zones as soon as a region is set.
 */
import { Aws, CfnOutput, Fn, Stack, type StackProps } from 'aws-cdk-lib'
import {
  CfnEgressOnlyInternetGateway, CfnInternetGateway, CfnRoute, CfnRouteTable, CfnSecurityGroup, CfnSubnet,
  CfnSubnetRouteTableAssociation, CfnVPC, CfnVPCCidrBlock, CfnVPCEndpoint, CfnVPCGatewayAttachment,
} from 'aws-cdk-lib/aws-ec2'
import type { Construct } from 'constructs'
import { accept } from '../nag.ts'
import type { Options } from '../options/index.ts'

/** Every region has as many, and two markets of Spot machines are better than one. */
const ZONES = 2
const HTTPS = 443

export class Network extends Stack {
  readonly vpc: CfnVPC
  readonly subnetIds: string[]
  readonly securityGroupId: string
  readonly publicIp: 'enabled' | 'disabled'

  constructor(scope: Construct, id: string, options: Options, props: StackProps) {
    super(scope, id, props)
    const ipv6Only = options.network === 'ipv6-only'
    this.publicIp = ipv6Only ? 'disabled' : 'enabled'
    this.vpc = new CfnVPC(this, 'Vpc', {
      cidrBlock: '10.64.0.0/20', enableDnsHostnames: true, enableDnsSupport: true, tags: [{ key: 'Name', value: options.name }],
    })
    const ipv6 = new CfnVPCCidrBlock(this, 'Ipv6', { vpcId: this.vpc.ref, amazonProvidedIpv6CidrBlock: true })
    const routes = new CfnRouteTable(this, 'Routes', { vpcId: this.vpc.ref })
    if (ipv6Only) this.#egressOnly(routes)
    else this.#internet(routes)
    this.subnetIds = Array.from({ length: ZONES }, (_, zone) => this.#subnet(zone, ipv6Only, ipv6, routes))
    this.#endpoints(routes)
    this.securityGroupId = this.#securityGroup().attrGroupId
    new CfnOutput(this, 'Subnets', { value: Fn.join(',', this.subnetIds) })
    accept(this.vpc, 'VPC7', 'Flow logs cost by the gigabyte and show addresses only; nothing can connect to a task, and what it connects to is the agent\'s business.')
  }

  #internet(routes: CfnRouteTable): void {
    const gateway = new CfnInternetGateway(this, 'Internet')
    const attached = new CfnVPCGatewayAttachment(this, 'Attached', { vpcId: this.vpc.ref, internetGatewayId: gateway.ref })
    const to = { routeTableId: routes.ref, gatewayId: gateway.ref }
    new CfnRoute(this, 'ToIpv4', { ...to, destinationCidrBlock: '0.0.0.0/0' }).addResourceDependency(attached)
    new CfnRoute(this, 'ToIpv6', { ...to, destinationIpv6CidrBlock: '::/0' }).addResourceDependency(attached)
  }

  #egressOnly(routes: CfnRouteTable): void {
    const gateway = new CfnEgressOnlyInternetGateway(this, 'EgressOnly', { vpcId: this.vpc.ref })
    new CfnRoute(this, 'ToIpv6', {
      routeTableId: routes.ref, egressOnlyInternetGatewayId: gateway.attrId, destinationIpv6CidrBlock: '::/0',
    })
  }

  #subnet(zone: number, ipv6Only: boolean, ipv6: CfnVPCCidrBlock, routes: CfnRouteTable): string {
    const ipv6Block = Fn.select(zone, Fn.cidr(Fn.select(0, this.vpc.attrIpv6CidrBlocks), ZONES, '64'))
    const ipv4 = { cidrBlock: `10.64.${zone * 4}.0/22`, mapPublicIpOnLaunch: false }
    const subnet = new CfnSubnet(this, `Subnet${zone}`, {
      vpcId: this.vpc.ref,
      availabilityZone: Fn.select(zone, Fn.getAzs(Aws.REGION)),
      ipv6CidrBlock: ipv6Block,
      assignIpv6AddressOnCreation: true,
      enableDns64: false,
      ...(ipv6Only ? { ipv6Native: true } : ipv4),
    })
    subnet.addResourceDependency(ipv6)
    new CfnSubnetRouteTableAssociation(this, `Routed${zone}`, { subnetId: subnet.ref, routeTableId: routes.ref })
    return subnet.ref
  }

  /** Free, and what goes through them pays for no address. */
  #endpoints(routes: CfnRouteTable): void {
    for (const service of ['s3', 'dynamodb']) {
      new CfnVPCEndpoint(this, `To${service === 's3' ? 'S3' : 'DynamoDb'}`, {
        vpcId: this.vpc.ref,
        vpcEndpointType: 'Gateway',
        serviceName: `com.amazonaws.${Aws.REGION}.${service}`,
        routeTableIds: [routes.ref],
      })
    }
  }

  #securityGroup(): CfnSecurityGroup {
    const out = { ipProtocol: 'tcp', fromPort: HTTPS, toPort: HTTPS }
    return new CfnSecurityGroup(this, 'Tasks', {
      vpcId: this.vpc.ref,
      groupDescription: 'Tasks: nothing comes in, HTTPS goes out',
      securityGroupEgress: [
        { ...out, cidrIp: '0.0.0.0/0', description: 'HTTPS' },
        { ...out, cidrIpv6: '::/0', description: 'HTTPS' },
      ],
    })
  }
}
