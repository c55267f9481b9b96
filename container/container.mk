# The image of a task, and its proof without Docker: docs/image.md. Included by the Makefile.
#   IMAGE=name:tag   what it is called; PUSH=1 pushes it to there
#   ARCH=arm64       or amd64

ARCH ?= arm64
IMAGE ?= serverless-openclaw:latest
# What is pushed is compressed with zstd: smaller than gzip, and unpacked faster.
IMAGE_OUTPUT = $(if $(PUSH),type=image$(comma)name=$(IMAGE)$(comma)push=true$(comma)compression=zstd$(comma)force-compression=true$(comma)oci-mediatypes=true,type=docker$(comma)name=$(IMAGE))
comma := ,
# A builder of its own: Docker's built-in one may not know zstd.
BUILDER = serverless-openclaw
BUILD = docker buildx build --builder $(BUILDER)

.PHONY: image
image: image-docker image-bridge image-builder ## Build the image of a task for ARM64, and its list of contents (IMAGE=name:tag, PUSH=1, ARCH=amd64)
	$(BUILD) --file container/Dockerfile --platform linux/$(ARCH) --provenance=false \
	  --build-arg VERSION="$$(git describe --tags --always --dirty)" \
	  $(if $(AGENT_PACKAGES),--build-arg AGENT_PACKAGES="$(AGENT_PACKAGES)") --output "$(IMAGE_OUTPUT)" .
	$(BUILD) --quiet --file container/Dockerfile --platform linux/$(ARCH) --target packages \
	  $(if $(AGENT_PACKAGES),--build-arg AGENT_PACKAGES="$(AGENT_PACKAGES)") --output "type=local,dest=target/image/$(ARCH)" .
	node container/sbom.mjs --arch $(ARCH) --version "$$(git describe --tags --always --dirty)" \
	  --debian target/image/$(ARCH)/debian-packages.tsv >target/image/$(ARCH)/sbom.cdx.json
	@echo "Built $(IMAGE) for linux/$(ARCH); what is in it: target/image/$(ARCH)/sbom.cdx.json"

.PHONY: image-docker
image-docker:
	@container/need-docker $(ARCH)

.PHONY: image-builder
image-builder: image-docker
	@docker buildx inspect $(BUILDER) >/dev/null 2>&1 || docker buildx create --name $(BUILDER) --driver docker-container >/dev/null

# The same compiler as for the Lambdas, on any machine, and no Rust in the image's build.
.PHONY: image-bridge
image-bridge:
	PATH="$$(scripts/need-cargo-lambda):$$PATH" cargo-lambda lambda build --release --locked \
	  $(if $(filter arm64,$(ARCH)),--arm64,--x86-64) --lambda-dir target/image/$(ARCH) --package bridge

.PHONY: image-check
image-check: ## Look at the Dockerfile, its pins and the list of contents, without Docker
	@hadolint=$$(scripts/need-hadolint) && { [ -z "$$hadolint" ] || "$$hadolint" container/Dockerfile; }
	node --test container/check.test.mjs

.PHONY: image-prove
image-prove: ## Install and run the image's steps in a clean Debian, without Docker (as root, a few minutes; MEASURE=7)
	container/prove
