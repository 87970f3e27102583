# A relay from this checkout: installs what it needs to run, builds a release and starts it.
.PHONY: run
run:
	@.ci/install running
	@.ci/start

# Everything that must hold before a change is taken.
.PHONY: test
test:
	@.ci/run
