#!/bin/bash
# A real Slurm on this machine alone: munged, slurmctld and slurmd on the loopback address, everything under one folder.
# usage: slurm_up.sh DIR [CPUS]; then: export SLURM_CONF=DIR/slurm.conf
set -euo pipefail
umask 022
dir=$(readlink -m "${1:?a folder}")
cpus=${2:-2}
host=$(hostname -s)
user=$(id -un)

mkdir -p "$dir"/{munge,state,spool,log,run}
chmod 700 "$dir/munge"
if [ ! -s "$dir/munge/key" ]; then
    head -c 1024 /dev/urandom >"$dir/munge/key"
    chmod 400 "$dir/munge/key"
fi
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
if [ ! -s "$dir/slurm.conf" ]; then
    cat >"$dir/slurm.conf" <<CONF
ClusterName=faults
SlurmctldHost=$host(127.0.0.1)
SlurmUser=$user
SlurmdUser=$user
AuthType=auth/munge
AuthInfo=socket=$dir/run/munge.sock
CredType=cred/munge
SlurmctldPort=$(free_port)
SlurmdPort=$(free_port)
SlurmctldPidFile=$dir/run/slurmctld.pid
SlurmdPidFile=$dir/run/slurmd.pid
SlurmctldLogFile=$dir/log/slurmctld.log
SlurmdLogFile=$dir/log/slurmd.log
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SwitchType=switch/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
# Jobs begin at once, and those that have ended are still known for a while.
SchedulerType=sched/backfill
SchedulerParameters=batch_sched_delay=0,bf_interval=5,sched_min_interval=10000
MinJobAge=3600
JobRequeue=1
ReturnToService=2
KillWait=3
InactiveLimit=0
SlurmctldTimeout=30
SlurmdTimeout=30
MailProg=/bin/true
NodeName=$host NodeAddr=127.0.0.1 CPUs=$cpus RealMemory=2000 State=UNKNOWN
PartitionName=debug Nodes=$host Default=YES MaxTime=INFINITE State=UP OverSubscribe=NO
CONF
fi
export SLURM_CONF=$dir/slurm.conf

/usr/sbin/munged --force --key-file="$dir/munge/key" --socket="$dir/run/munge.sock" --pid-file="$dir/run/munged.pid" \
    --log-file="$dir/log/munged.log" --seed-file="$dir/munge/seed" 2>>"$dir/log/munged.err"
/usr/sbin/slurmctld -c
/usr/sbin/slurmd -N "$host"
for _ in $(seq 150); do
    if sinfo -h -o %T 2>/dev/null | grep -q '^idle'; then
        exit 0
    fi
    sleep 0.1
done
echo "Slurm is not up after 15 s" >&2
tail -n 20 "$dir"/log/*.log >&2
exit 1
