# The CDK app: included by the Makefile.

infra/node_modules/.installed: infra/package-lock.json
	cd infra && npm ci --no-progress --loglevel=error && touch node_modules/.installed

.PHONY: synth
synth: infra/node_modules/.installed ## Write the CloudFormation templates to infra/cdk.out (OPTIONS='-c name=value …')
	cd infra && npx cdk synth --quiet $(if $(wildcard target/lambda/api/bootstrap),,-c lambdaDir=test/placeholders) $(OPTIONS)

.PHONY: infra-check
infra-check: infra/node_modules/.installed ## Types, lint and tests of the CDK app, without AWS
	cd infra && npm run --silent check && npm test --silent

.PHONY: infra-smoke
infra-smoke: infra/node_modules/.installed ## Deploy the templates to ministack and talk to the real functions there
	cd infra && npm run --silent smoke
