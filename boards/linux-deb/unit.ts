/** The systemd unit of an app. */
import type { ServiceNames } from "./service-names.ts";

/** Bytes that the service may use: XS, models, stacks and the C library. Raspberry Pi OS only counts them with `cgroup_enable=memory` in its cmdline.txt. */
export const MEMORY_MAX = 64 * 1024 * 1024;

/**
 * Seconds without a turn of the event loop after which systemd ends the device and starts it again: well above what a model takes on the slowest board.
 */
const WATCHDOG_S = 60;

/** Kinds of devices that sensors hang on, by their names in /proc/devices: I2C, SPI, GPIO, serial ports on board and by USB, sound. */
const DEVICES = ["i2c", "spi", "gpiochip", "ttyAMA", "ttyS", "ttyUSB", "ttyACM", "alsa"];

/** The unit's text. */
export function unitFile(names: ServiceNames, version: string): string {
  return `# ${names.package} ${version}
[Unit]
Description=Assay app ${names.app}
# Not network-online.target: the device measures and signs without a network, and sends when there is one.
After=network.target
# It is started again for ever; a device in the field has nobody who would.
StartLimitIntervalSec=0

[Service]
Type=notify
ExecStart=${names.device} --app ${names.image} --config ${names.config} --data ${names.data} --hardware yes
User=${names.user}
Group=${names.user}
WatchdogSec=${WATCHDOG_S}
# It sends what it holds for 5 seconds when it is told to stop.
TimeoutStopSec=20
Restart=always
# From 2 seconds to 5 minutes; systemd before 254 does not know the last two, says so, and stays at 2 seconds.
RestartSec=2
RestartSteps=8
RestartMaxDelaySec=300

# Keys and statements. (Configuration is /etc/assay, which it can only read.)
StateDirectory=assay/${names.app}
StateDirectoryMode=0700
UMask=0077

# What it does not need, it does not have.
MemoryMax=${MEMORY_MAX / 1024 / 1024}M
TasksMax=16
LimitCORE=0
NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
# Not ProcSubset=pid: the machine's own load is a sensor, and is in /proc.
ProtectProc=invisible
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectClock=yes
ProtectHostname=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
RemoveIPC=yes
KeyringMode=private
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM
DevicePolicy=closed
${DEVICES.map((name) => `DeviceAllow=char-${name} rw`).join("\n")}

[Install]
WantedBy=multi-user.target
`;
}
