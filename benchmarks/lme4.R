# Fits data sets with lme4 on request, in one process. Arguments: the folder of the CSV files and how many there are.
# Requests, one a line on stdin: "fit INDEX", "pipeline COUNT", or "satterthwaite INDEX", "kenward_roger INDEX" and
# "profile INDEX"; each is answered by one line of numbers, the seconds first.
suppressPackageStartupMessages(library(lme4))

arguments <- commandArgs(trailingOnly = TRUE)
frames <- lapply(seq_len(as.integer(arguments[2])) - 1, function(index) {
  frame <- read.csv(file.path(arguments[1], paste0(index, ".csv")))
  frame$cluster <- factor(frame$cluster)
  frame
})
model <- y ~ x + (1 + x | cluster)

seconds <- function(expression) {
  start <- Sys.time()
  force(expression)
  as.numeric(Sys.time() - start, units = "secs")
}

parsed_fit <- function(parsed) {
  deviance <- do.call(mkLmerDevfun, parsed)
  mkMerMod(environment(deviance), optimizeLmer(deviance), parsed$reTrms, fr = parsed$fr)
}

answer_fit <- function(index) {
  frame <- frames[[index + 1]]
  whole <- seconds(fit <- lmer(model, frame))
  parsed <- lFormula(model, frame)
  alone <- seconds(parsed_fit(parsed))
  covariance <- VarCorr(fit)$cluster
  c(
    whole, alone, REMLcrit(fit), fixef(fit), sqrt(diag(as.matrix(vcov(fit)))),
    covariance[1, 1], covariance[2, 1], covariance[2, 2], sigma(fit)^2
  )
}

# The work of one replication as an R user writes it: simulate, fit, take the summary.
replication <- function() {
  cluster <- rep(1:20, each = 50)
  x <- rnorm(1000)
  u0 <- sqrt(5) * rnorm(20)
  u1 <- u0 / 5 + sqrt(3 - 1 / 5) * rnorm(20)
  y <- 2 + 5 * x + u0[cluster] + u1[cluster] * x + sqrt(3) * rnorm(1000)
  fit <- lmer(model, data.frame(y, x, cluster = factor(cluster)))
  list(summary(fit)$coefficients, as.data.frame(VarCorr(fit)))
}

answer_pipeline <- function(count) seconds(for (index in seq_len(count)) replication()) / count

answer_satterthwaite <- function(index) {
  time <- seconds(found <- coef(summary(lmerTest::lmer(model, frames[[index + 1]]))))
  c(time, found[, "df"])
}

answer_kenward_roger <- function(index) {
  time <- seconds(found <- coef(summary(lmerTest::lmer(model, frames[[index + 1]]), ddf = "Kenward-Roger")))
  c(time, found[, "df"], found[, "Std. Error"])
}

answer_profile <- function(index) {
  time <- seconds(found <- confint(lmer(model, frames[[index + 1]]), quiet = TRUE))
  c(time, found[, 1], found[, 2])
}

options(warn = -1)
requests <- file("stdin", open = "r")
for (index in 1:5) replication() # R compiles what is called more than once
cat("lme4", as.character(packageVersion("lme4")), R.version$major, R.version$minor, "\n")
while (length(line <- readLines(requests, n = 1)) > 0) {
  words <- strsplit(line, " ")[[1]]
  answer <- switch(words[1],
    fit = answer_fit, pipeline = answer_pipeline,
    satterthwaite = answer_satterthwaite, kenward_roger = answer_kenward_roger, profile = answer_profile
  )
  cat(formatC(suppressMessages(answer(as.integer(words[2]))), digits = 17, format = "g"), "\n")
}
