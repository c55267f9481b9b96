import assert from 'node:assert/strict'
import { every, none, type Promise } from './promise.ts'
import { sure } from '../sure.ts'

const OPEN = { IpProtocol: 'tcp', FromPort: 8080, ToPort: 8080, CidrIp: '0.0.0.0/0' }
const IPV6_ONLY = { network: 'ipv6-only' }

export const NETWORK: readonly Promise[] = [
  {
    says: 'no security group lets anything in',
    holds: (all) => {
      every(all.all('AWS::EC2::SecurityGroup'), ({ properties }) => assert.equal(properties.SecurityGroupIngress, undefined))
      none(all, 'AWS::EC2::SecurityGroupIngress')
    },
    breaks: (all) => { all.one('AWS::EC2::SecurityGroup').properties.SecurityGroupIngress = [OPEN] },
  },
  {
    says: 'no rule is put beside a security group either',
    holds: (all) => none(all, 'AWS::EC2::SecurityGroupIngress', 'AWS::VpcLattice::Service'),
    breaks: (all) => all.add('network', 'In', 'AWS::EC2::SecurityGroupIngress', OPEN),
  },
  {
    says: 'tasks reach out by HTTPS and by nothing else',
    holds: (all) => every(all.one('AWS::EC2::SecurityGroup').properties.SecurityGroupEgress, (rule: Record<string, unknown>) =>
      assert.deepEqual([rule['IpProtocol'], rule['FromPort'], rule['ToPort']], ['tcp', 443, 443])),
    breaks: (all) => { all.one('AWS::EC2::SecurityGroup').properties.SecurityGroupEgress[0].IpProtocol = '-1' },
  },
  {
    says: 'there is no NAT gateway and no endpoint that costs by the hour',
    holds: (all) => {
      none(all, 'AWS::EC2::NatGateway')
      every(all.all('AWS::EC2::VPCEndpoint'), ({ properties }) => assert.equal(properties.VpcEndpointType, 'Gateway'))
    },
    breaks: (all) => all.add('network', 'Nat', 'AWS::EC2::NatGateway'),
  },
  {
    says: 'S3 and DynamoDB are reached through gateway endpoints',
    holds: (all) => assert.deepEqual(
      all.all('AWS::EC2::VPCEndpoint').map(({ properties }) => [all.said(properties.ServiceName), properties.VpcEndpointType]),
      [['com.amazonaws.{region}.s3', 'Gateway'], ['com.amazonaws.{region}.dynamodb', 'Gateway']],
    ),
    breaks: (all) => { all.one('AWS::EC2::VPCEndpoint', 'ToS3').properties.VpcEndpointType = 'Interface' },
  },
  {
    says: 'there is no load balancer',
    holds: (all) => none(all, 'AWS::ElasticLoadBalancingV2::LoadBalancer', 'AWS::ElasticLoadBalancing::LoadBalancer', 'AWS::ECS::Service'),
    breaks: (all) => all.add('network', 'Balancer', 'AWS::ElasticLoadBalancingV2::LoadBalancer'),
  },
  {
    says: 'two public subnets have IPv4 and IPv6',
    holds: (all) => {
      const subnets = all.all('AWS::EC2::Subnet')
      assert.equal(subnets.length, 2)
      every(subnets, ({ properties }) => {
        sure(properties.CidrBlock && properties.Ipv6CidrBlock)
        assert.equal(properties.AssignIpv6AddressOnCreation, true)
      })
      const ways = all.all('AWS::EC2::Route').map(({ properties }) => properties.DestinationCidrBlock ?? properties.DestinationIpv6CidrBlock)
      assert.deepEqual(ways, ['0.0.0.0/0', '::/0'])
    },
    breaks: (all) => { delete all.one('AWS::EC2::Subnet', 'Subnet1').properties.Ipv6CidrBlock },
  },
  {
    says: 'ipv6-only: subnets without IPv4, behind a gateway that only lets out',
    with: IPV6_ONLY,
    holds: (all) => {
      every(all.all('AWS::EC2::Subnet'), ({ properties }) => assert.deepEqual([properties.Ipv6Native, properties.CidrBlock], [true, undefined]))
      none(all, 'AWS::EC2::InternetGateway')
      every(all.all('AWS::EC2::Route'), ({ properties }) => sure(properties.EgressOnlyInternetGatewayId && !properties.DestinationCidrBlock))
    },
    breaks: (all) => all.add('network', 'Internet', 'AWS::EC2::InternetGateway'),
  },
  {
    says: 'ipv6-only: a launch asks for no public address, and the task for dual-stack endpoints and the registry\'s other name',
    with: IPV6_ONLY,
    holds: (all) => {
      assert.equal(all.one('AWS::Lambda::Function', 'wsmessage').properties.Environment.Variables.ECS_ASSIGN_PUBLIC_IP, 'disabled')
      const [container] = all.one('AWS::ECS::TaskDefinition').properties.ContainerDefinitions
      sure(container.Environment.some(({ Name, Value }: { Name: string; Value: string }) => Name === 'AWS_USE_DUALSTACK_ENDPOINT' && Value === 'true'))
      assert.match(all.said(container.Image), /^\{account\}\.dkr-ecr\.\{region\}\.on\.aws\/Images@sha256:/)
    },
    breaks: (all) => { all.one('AWS::Lambda::Function', 'wsmessage').properties.Environment.Variables.ECS_ASSIGN_PUBLIC_IP = 'enabled' },
  },
]
