# Into an AWS account and out of it again: docs/deploy.md. Included by the Makefile, with infra/infra.mk.
#   NAME=openclaw    which deployment; its options are in deployments/NAME.json
#   REGION=us-east-1 where, unless AWS_REGION or the options say so
#   YES=1            agrees to what would be asked
# The shell reads them, not make: what comes from a workflow's form is then text and nothing else.

# The SDK says at every start that it wants Node 22 from 2027 on.
DEPLOY = cd deploy && AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED=true node --import tsx src/main.ts
WHICH = --name "$${NAME:-openclaw}" $${REGION:+--region "$$REGION"} $${YES:+--yes}

deploy/node_modules/.installed: deploy/package-lock.json
	@cd deploy && npm ci --no-progress --loglevel=error --ignore-scripts && touch node_modules/.installed

.PHONY: preflight
preflight: deploy/node_modules/.installed infra/node_modules/.installed ## Look whether this machine and the AWS account are ready for a deploy
	@$(DEPLOY) preflight $(WHICH)

.PHONY: lambdas
lambdas: deploy/node_modules/.installed ## Build the Lambdas for ARM64 into target/lambda, on any machine
	@$(DEPLOY) lambdas

.PHONY: deploy
deploy: deploy/node_modules/.installed infra/node_modules/.installed ## Deploy to AWS: NAME=openclaw REGION=… (YES=1, EMAIL=…, SHARE=25, NEW_IMAGE=1)
	@$(DEPLOY) deploy $(WHICH) --share "$${SHARE:-25}" $${EMAIL:+--email "$$EMAIL"} $${NEW_IMAGE:+--new-image}

# A secret never stands here: what is written behind `make` is in the shell's history.
.PHONY: secrets
secrets: deploy/node_modules/.installed ## Keep a model key and a Telegram bot's secrets in AWS, typed unseen (SECRET=model-key, GENERATE=1, REMOVE=1)
	@$(DEPLOY) secrets $(WHICH) $${SECRET:+--secret "$$SECRET"} $${GENERATE:+--generate} $${REMOVE:+--remove}

.PHONY: invite
invite: deploy/node_modules/.installed ## Let one more person in: EMAIL=ana@example.com
	@$(DEPLOY) invite $(WHICH) --email "$$EMAIL"

# It takes no profile and no single sign-on; this turns them into what it takes.
.PHONY: ops
ops: deploy/node_modules/.installed ## The operator's tool with your AWS sign-in: DO="doctor", DO="user show ana@example.com"
	@cargo build --locked --release --quiet --package ops
	@$(DEPLOY) ops $(WHICH) -- $(DO)

.PHONY: rollback
rollback: deploy/node_modules/.installed ## Start the next wake-ups from the image before
	@cargo build --locked --release --quiet --package ops
	@$(DEPLOY) rollback $(WHICH)

.PHONY: destroy
destroy: deploy/node_modules/.installed infra/node_modules/.installed ## Remove what runs; tables, files and users stay (DATA=delete removes them, too)
	@$(DEPLOY) destroy $(WHICH) $(if $(filter delete,$(DATA)),--delete-data) $${CONFIRM:+--confirm "$$CONFIRM"}

.PHONY: deploy-check
deploy-check: deploy/node_modules/.installed ## Types and tests of the deploy, without AWS
	cd deploy && npm run --silent check && npm test --silent

.PHONY: deploy-smoke
deploy-smoke: deploy/node_modules/.installed infra/node_modules/.installed web/dist/index.html ## A whole deploy, another one, and everything away, with the real CDK against ministack
	cd deploy && npm run --silent smoke
