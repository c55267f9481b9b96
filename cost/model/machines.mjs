// The machines' time: what all of them take, ours and the reference's.
import { DAYS, HOURS } from './profiles.mjs'

/** Fargate bills a minute at least. */
const LEAST_HOURS = 1 / 60

export function machines({ users, sessions, awakeHours, vcpu, memoryGb, onDemandShare, network, spareHours = 0, x86 = false }) {
  const launches = users * sessions * DAYS
  const hours = Math.max(users * awakeHours * DAYS, launches * LEAST_HOURS) + spareHours
  const kind = (name) => (x86 ? `x86${name[0].toUpperCase()}${name.slice(1)}` : name)
  const spot = hours * (1 - onDemandShare)
  const onDemand = hours * onDemandShare
  return [
    { price: kind('spotVcpu'), quantity: spot * vcpu, what: 'vCPU on Spot' },
    { price: kind('spotGb'), quantity: spot * memoryGb, what: 'memory on Spot' },
    { price: kind('onDemandVcpu'), quantity: onDemand * vcpu, what: 'vCPU on demand' },
    { price: kind('onDemandGb'), quantity: onDemand * memoryGb, what: 'memory on demand' },
    { price: 'ipv4', quantity: network === 'public-ipv4' ? hours : 0, what: 'addresses of tasks' },
    { price: 'nat', quantity: network === 'nat' ? HOURS : 0, what: 'NAT gateway' },
  ]
}
