// From quantities to dollars. Knows prices and nothing of what we are.

/**
 * `usage`: `{ price, quantity, what }` each; `prices`: those of a region; `free`: what nobody pays.
 * One line per price, the dearest first.
 */
export function bill(usage, prices, free) {
  const lines = [...byPrice(usage)].map(([name, { quantity, what }]) => {
    const price = prices[name]
    if (!price) throw new Error(`there is no price "${name}"`)
    const paid = Math.max(0, quantity - (free[name]?.quantity ?? 0))
    const { service, unit } = price
    return { service, what, unit, price: name, quantity, paid, usd: costOf(paid, price) }
  })
  lines.sort((a, b) => b.usd - a.usd || a.price.localeCompare(b.price))
  return { lines, usd: sum(lines.map(({ usd }) => usd)) }
}

/** The first price until the first bound, and each later one for what lies above its own. */
export function costOf(quantity, { usd, per, beyond = [] }) {
  const steps = [{ above: 0, usd }, ...beyond]
  const parts = steps.map((step, at) => {
    const until = steps[at + 1]?.above ?? Infinity
    return Math.max(0, Math.min(quantity, until) - step.above) * (step.usd / per)
  })
  return sum(parts)
}

/** Services with their lines' sum, the dearest first. */
export function byService({ lines }) {
  const services = new Map()
  for (const { service, usd } of lines) services.set(service, (services.get(service) ?? 0) + usd)
  return [...services].sort(([, a], [, b]) => b - a)
}

function byPrice(usage) {
  const prices = new Map()
  for (const { price, quantity, what } of usage) {
    if (!(quantity >= 0)) throw new Error(`"${price}" is used ${quantity} times`)
    const before = prices.get(price)
    const whats = before ? [...new Set([...before.whats, what])] : [what]
    prices.set(price, { whats, what: whats.join(', '), quantity: (before?.quantity ?? 0) + quantity })
  }
  return prices
}

const sum = (numbers) => numbers.reduce((a, b) => a + b, 0)
