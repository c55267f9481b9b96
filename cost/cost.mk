# What a month costs. Included by the Makefile.

.PHONY: cost
cost: ## Print a month's bill: PROFILE=personal|100|10000|1000000|all REGION=… NETWORK=public-ipv4|ipv6-only
	@PROFILE='$(PROFILE)' REGION='$(REGION)' NETWORK='$(NETWORK)' node cost/cli.mjs

.PHONY: cost-docs
cost-docs: ## Write the tables of docs/cost.md anew from the prices and the measured calls
	@node cost/docs.mjs

.PHONY: cost-measure
cost-measure: build browser ## Count anew what each thing takes: cost/measured.json (15 minutes)
	PATIENCE=600000 node cost/measure/run.mjs

.PHONY: cost-check
cost-check: ## Check the model, the prices and docs/cost.md
	cd cost && npm test --silent
