//! What a task's time costs: list prices, and when they were read.

use crate::usage::UsageCounts;

/// Prices change; whoever shows an estimate shows this.
pub const AS_OF: &str = "2026-11-21";

/// What a task may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MachineSize {
    /// 1024 are one vCPU.
    pub cpu_units: u32,
    pub memory_mib: u32,
}

/// Of Fargate on ARM64, in US dollars an hour.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prices {
    pub region: &'static str,
    spot: Rate,
    on_demand: Rate,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Rate {
    vcpu_hour: f64,
    gb_hour: f64,
}

/// Source: the price list and the Spot feed of 2026-09-28; Seoul's Spot by the same ratio.
const KNOWN: [Prices; 2] = [
    Prices {
        region: "us-east-1",
        spot: Rate { vcpu_hour: 0.010_309_69, gb_hour: 0.001_133_49 },
        on_demand: Rate { vcpu_hour: 0.032_38, gb_hour: 0.003_56 },
    },
    Prices {
        region: "ap-northeast-2",
        spot: Rate { vcpu_hour: 0.011_9, gb_hour: 0.001_3 },
        on_demand: Rate { vcpu_hour: 0.037_25, gb_hour: 0.004_09 },
    },
];

/// A public IPv4 address, in US dollars an hour; the same in every region.
const ADDRESS_HOUR: f64 = 0.005;

const MS_PER_HOUR: f64 = 3_600_000.0;

/// In US dollars.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Estimate {
    pub machine: f64,
    /// Its public IPv4 address, which a task without one does not pay.
    pub address: f64,
}

impl Prices {
    /// Of a region that is not in the table: Virginia's, and they say so.
    pub fn of_region(region: &str) -> Self {
        KNOWN.into_iter().find(|known| known.region == region).unwrap_or(KNOWN[0])
    }

    /// Without the minute that each task costs at least, and without what is not a task: requests,
    /// storage, traffic.
    pub fn estimate(&self, counts: &UsageCounts, size: MachineSize) -> Estimate {
        let spot_hours = counts.awake_spot_ms as f64 / MS_PER_HOUR;
        let on_demand_hours = counts.awake_on_demand_ms as f64 / MS_PER_HOUR;
        Estimate {
            machine: spot_hours * self.spot.hour(size)
                + on_demand_hours * self.on_demand.hour(size),
            address: (spot_hours + on_demand_hours) * ADDRESS_HOUR,
        }
    }
}

impl Rate {
    fn hour(self, size: MachineSize) -> f64 {
        let vcpus = f64::from(size.cpu_units) / 1024.0;
        let gigabytes = f64::from(size.memory_mib) / 1024.0;
        vcpus * self.vcpu_hour + gigabytes * self.gb_hour
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn near(value: f64, expected: f64) {
        assert!((value - expected).abs() < 1e-9, "{value}, not {expected}");
    }

    #[test]
    fn sixty_hours_on_spot_cost_what_the_cost_model_says() {
        let size = MachineSize { cpu_units: 512, memory_mib: 2_048 };
        let counts = UsageCounts { awake_spot_ms: 60 * 3_600_000, ..UsageCounts::default() };
        let estimate = Prices::of_region("us-east-1").estimate(&counts, size);
        near(estimate.machine, 60.0 * (0.5 * 0.010_309_69 + 2.0 * 0.001_133_49));
        near(estimate.address, 0.3);
    }

    #[test]
    fn each_kind_of_machine_has_its_price() {
        let size = MachineSize { cpu_units: 1_024, memory_mib: 1_024 };
        let counts = UsageCounts {
            awake_spot_ms: 3_600_000,
            awake_on_demand_ms: 7_200_000,
            ..UsageCounts::default()
        };
        let estimate = Prices::of_region("ap-northeast-2").estimate(&counts, size);
        near(estimate.machine, 0.0132 + 2.0 * 0.041_34);
        assert_eq!(Prices::of_region("eu-west-1").region, "us-east-1");
    }
}
