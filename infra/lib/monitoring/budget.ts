/** A letter when the account's month gets dear. The first two budgets of an account are free. */
import { Aws } from 'aws-cdk-lib'
import { CfnBudget } from 'aws-cdk-lib/aws-budgets'
import type { Construct } from 'constructs'

/** Percent of the budget: what has been spent, and what will have been at the end of the month. */
const SPENT = 80
const FORECAST = 100

export function makeBudget(scope: Construct, name: string, dollars: number, email: string): void {
  const notify = (notificationType: 'ACTUAL' | 'FORECASTED', threshold: number): CfnBudget.NotificationWithSubscribersProperty => ({
    notification: { notificationType, comparisonOperator: 'GREATER_THAN', threshold, thresholdType: 'PERCENTAGE' },
    subscribers: [{ subscriptionType: 'EMAIL', address: email }],
  })
  new CfnBudget(scope, 'Budget', {
    budget: { budgetName: `${name}-month-${Aws.REGION}`, budgetType: 'COST', timeUnit: 'MONTHLY', budgetLimit: { amount: dollars, unit: 'USD' } },
    notificationsWithSubscribers: [notify('ACTUAL', SPENT), notify('FORECASTED', FORECAST)],
  })
}
