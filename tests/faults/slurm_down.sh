#!/bin/bash
# Ends what slurm_up.sh began, its jobs first.
# usage: slurm_down.sh DIR
dir=$(readlink -m "${1:?a folder}")
export SLURM_CONF=$dir/slurm.conf
timeout 10 scancel -u "$(id -un)" 2>/dev/null
for _ in $(seq 100); do
    [ -z "$(timeout 10 squeue -h 2>/dev/null)" ] && break
    sleep 0.1
done
for daemon in slurmctld slurmd munged; do
    pid=$(cat "$dir/run/$daemon.pid" 2>/dev/null) || continue
    kill -TERM "$pid" 2>/dev/null
    for _ in $(seq 100); do
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.1
    done
    kill -KILL "$pid" 2>/dev/null
done
exit 0
