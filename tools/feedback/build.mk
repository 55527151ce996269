# SPDX-License-Identifier: GPL-2.0-or-later
# ipvs-feedback, into build/.

feedback_libs := -pthread
feedback_files := ipvs-feedback.8:man/man8/ipvs-feedback.8 ipvs-feedback.conf.5:man/man5/ipvs-feedback.conf.5 \
	example.conf:ipvs-feedback/ipvs-feedback.conf completion.bash:bash-completion/completions/ipvs-feedback
$(eval $(call program,feedback))
