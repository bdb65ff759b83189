# Rscript survival_figures.R < data.json > figures: product limit and Aalen-Johansen by R's survival (r-cran-survival).
# Reads what `python data.py` prints; needs no other package.
library(survival)
text <- paste(readLines(file("stdin")), collapse = "")
column <- function(name) {
  inside <- sub(paste0(".*\"", name, "\": \\[([^]]*)\\].*"), "\\1", text)
  as.numeric(strsplit(inside, ",")[[1]])
}
age <- column("age"); cause <- column("cause"); entry <- column("entry"); weight <- column("weight")
state <- factor(cause, levels = c(-1, 0, 1))
say <- function(x) paste(sprintf("%.17g", x), collapse = ", ")
for (case in c("plain", "weights", "entry", "weights and entry")) {
  w <- if (grepl("weights", case)) weight else rep(1, length(age))
  start <- if (grepl("entry", case)) entry else rep(0, length(age))
  id <- seq_along(age)
  fit <- survfit(Surv(start, age, state) ~ 1, weights = w, id = id)
  at <- sort(unique(age[cause >= 0]))
  s <- summary(fit, times = at)
  cat(sprintf("%s|%s|%s|%s|%s\n", case, say(at), say(s$pstate[, 1]), say(s$pstate[, 2]), say(s$pstate[, 3])))
}
