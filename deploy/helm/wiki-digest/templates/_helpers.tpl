{{/* What the app's types say, for templates: generated, see tools/chart.py. */}}
{{- define "wiki-digest.defaults" -}}
{{ .Files.Get "files/defaults.yaml" }}
{{- end -}}

{{/* `over` merged into `base`, mapping by mapping. Null removes a key. Unlike `merge`, it takes 0, false
     and empty values as values. */}}
{{- define "wiki-digest.merged" -}}
{{- $merged := deepCopy .base -}}
{{- range $key, $value := .over -}}
{{- if kindIs "map" $value -}}
{{- $base := get $merged $key -}}
{{- $value = include "wiki-digest.merged" (dict "base" (kindIs "map" $base | ternary $base dict) "over" $value) | fromYaml -}}
{{- end -}}
{{- $merged = kindIs "invalid" $value | ternary (omit $merged $key) (set $merged $key $value) -}}
{{- end -}}
{{- toYaml $merged -}}
{{- end -}}

{{/* KubeRay adds up to 16 characters to the name of a RayService, and a label has at most 63. */}}
{{- define "wiki-digest.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- $full := .Values.fullnameOverride | default (contains $name .Release.Name | ternary .Release.Name (printf "%s-%s" .Release.Name $name)) -}}
{{- if not (regexMatch "^[a-z][a-z0-9-]*$" $full) -}}
{{- fail (printf "%s: names in KubeRay begin with a letter and contain only lowercase letters, digits and dashes; set fullnameOverride" $full) -}}
{{- end -}}
{{- $full | trunc 47 | trimSuffix "-" -}}
{{- end -}}

{{- define "wiki-digest.selectorLabels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end -}}

{{- define "wiki-digest.labels" -}}
{{ include "wiki-digest.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Labels of Ray's pods, without the chart's version: KubeRay starts a new cluster when a pod template
     changes. */}}
{{- define "wiki-digest.podMetadata" -}}
labels:
  {{- include "wiki-digest.selectorLabels" .root | nindent 2 }}
  {{- with merge (dict) (.group.labels | default dict) .root.Values.commonLabels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with .group.annotations }}
annotations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "wiki-digest.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{ .repository }}@{{ .digest }}
{{- else -}}
{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* The Secret with the token; empty if KubeRay creates it. */}}
{{- define "wiki-digest.authSecret" -}}
{{- with .Values.auth -}}
{{ .existingSecret | default (.create | ternary (printf "%s-auth" (include "wiki-digest.fullname" $)) "") }}
{{- end -}}
{{- end -}}

{{- define "wiki-digest.redisSecret" -}}
{{ .Values.faultTolerance.existingSecret | default (printf "%s-redis" (include "wiki-digest.fullname" .)) }}
{{- end -}}

{{- define "wiki-digest.deadline" -}}
{{ dig "digest" "deadline_s" (include "wiki-digest.defaults" . | fromYaml).deadline_s .Values.settings }}
{{- end -}}

{{/* Timeouts in seconds, all derived from the request timeout. */}}
{{- define "wiki-digest.times" -}}
{{- $request := int .Values.requestTimeoutSeconds -}}
request: {{ $request }}
{{/* Endpoint updates take a moment to propagate after a pod starts terminating. */ -}}
preStop: 5
drain: {{ add $request 5 }}
{{/* A draining replica or HAProxy accepts requests until its idle connections are closed: after a reload
     the old HAProxy process keeps its connections, and routes only to the replicas it knew before. */ -}}
open: {{ min (add .Values.keepAliveTimeoutSeconds 5) (add $request 5) }}
workerGrace: {{ add $request 5 5 20 }}
{{/* A new head starts only after the old one has terminated. */ -}}
headGrace: 15
{{/* Clients keep idle connections for about 90 s and may send requests to the old cluster over them. */ -}}
clusterDeletion: {{ add (max $request .Values.keepAliveTimeoutSeconds 90) 30 }}
{{- end -}}

{{/* Workers of each group: at the start, at least and at most. */}}
{{- define "wiki-digest.sizes" -}}
{{- range $name, $group := .Values.workers }}
{{ $name }}:
  replicas: {{ $group.replicas }}
  min: {{ kindIs "invalid" $group.minReplicas | ternary $group.replicas $group.minReplicas }}
  max: {{ kindIs "invalid" $group.maxReplicas | ternary $group.replicas $group.maxReplicas }}
{{- end }}
{{- end -}}

{{/* `true` if a group of workers may change its size, else empty. */}}
{{- define "wiki-digest.scales" -}}
{{- range include "wiki-digest.sizes" . | fromYaml }}{{ if lt .min .max }}{{ true }}{{ break }}{{ end }}{{ end -}}
{{- end -}}

{{- define "wiki-digest.podSecurity" -}}
runAsNonRoot: true
runAsUser: 1000
runAsGroup: 1000
fsGroup: 1000
seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{- define "wiki-digest.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end -}}

{{/* What the pods of head and workers have in common. `root` is the chart, `group` their values, `models`
     whether they mount the volume of models. */}}
{{- define "wiki-digest.podSpec" -}}
{{- $root := .root -}}
securityContext: {{- include "wiki-digest.podSecurity" $root | nindent 2 }}
{{- with $root.Values.imagePullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with include "wiki-digest.tolerations" .group | fromYamlArray }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- range $key := list "nodeSelector" "affinity" "priorityClassName" "runtimeClassName" }}
{{- with index $.group $key }}
{{ $key }}: {{- if kindIs "string" . }} {{ . }}{{ else }}{{ toYaml . | nindent 2 }}{{ end }}
{{- end }}
{{- end }}
volumes:
  - {name: tmp, emptyDir: {}}
  - {name: shm, emptyDir: {medium: Memory, sizeLimit: 256Mi}}
  {{- if .models }}
  - name: models
    {{- if $root.Values.models.claim }}
    persistentVolumeClaim: {claimName: {{ $root.Values.models.claim }}, readOnly: true}
    {{- else }}
    image: {reference: {{ $root.Values.models.image }}, pullPolicy: {{ $root.Values.image.pullPolicy }}}
    {{- end }}
  {{- end }}
  {{- with .group.volumes }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end -}}

{{/* Tolerations of a group, and one for the taint of nodes with its kind of GPU. */}}
{{- define "wiki-digest.tolerations" -}}
{{- $own := .tolerations | default list -}}
{{- with .gpu -}}
{{- $vendor := splitList "/" .resource | first -}}
{{- $own = append $own (dict "key" (printf "%s/gpu" $vendor) "operator" "Exists" "effect" "NoSchedule") -}}
{{- end -}}
{{- toYaml $own -}}
{{- end -}}

{{/* Resources of a group, with its GPUs. Kubernetes requires a GPU's request to equal its limit. */}}
{{- define "wiki-digest.resources" -}}
{{- $gpus := dict -}}
{{- with .gpu }}{{ $_ := set $gpus .resource .count }}{{ end -}}
requests: {{- merge (dict) (.resources.requests | default dict) $gpus | toYaml | nindent 2 }}
limits: {{- merge (dict) (.resources.limits | default dict) $gpus | toYaml | nindent 2 }}
{{- end -}}

{{- define "wiki-digest.container" -}}
{{- $root := .root -}}
{{- $times := include "wiki-digest.times" $root | fromYaml -}}
image: {{ include "wiki-digest.image" $root }}
imagePullPolicy: {{ $root.Values.image.pullPolicy }}
securityContext: {{- include "wiki-digest.containerSecurity" $root | nindent 2 }}
resources: {{- include "wiki-digest.resources" .group | nindent 2 }}
env:
  - {name: RAY_GRACEFUL_SHUTDOWN_DRAIN_TIMEOUT_S, value: {{ $times.drain | quote }}}
  - {name: RAY_SERVE_DIRECT_INGRESS_MIN_DRAINING_PERIOD_S, value: {{ $times.open | quote }}}
  - {name: RAY_SERVE_PROXY_MIN_DRAINING_PERIOD_S, value: {{ $times.open | quote }}}
  - {name: WIKI_DIGEST_HEALTH_CHECK, value: "http://localhost:8000/-/healthz"}
  {{- if $root.Values.logging.toStdout }}
  - {name: RAY_SERVE_REQUEST_PATH_LOG_BUFFER_SIZE, value: "1"}
  {{- end }}
  {{- if .scales }}
  # By default Serve spreads replicas, and a worker with one replica left is not idle.
  - {name: RAY_SERVE_USE_PACK_SCHEDULING_STRATEGY, value: "1"}
  {{- end }}
  {{- if .models }}
  - {name: HF_HOME, value: /models}
  - {name: HF_HUB_OFFLINE, value: "1"}
  {{- end }}
  {{- with .group.env }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
volumeMounts:
  - {name: tmp, mountPath: /tmp}
  - {name: shm, mountPath: /dev/shm}
  {{- if .models }}
  - {name: models, mountPath: /models, readOnly: true}
  {{- end }}
  {{- with .group.volumeMounts }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end -}}

{{/* Serve writes JSON logs to files only. This container follows the files of all replicas, including those
     that start later. */}}
{{- define "wiki-digest.logs" -}}
name: logs
image: {{ include "wiki-digest.image" . }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
command:
  - bash
  - -c
  - |
    trap exit TERM
    declare -A followed
    while true; do
      for file in /tmp/ray/session_latest/logs/serve/replica_*.log; do
        [ -f "$file" ] && [ -z "${followed[$file]:-}" ] || continue
        followed[$file]=yes
        tail -n +1 -F "$file" 2>/dev/null &
      done
      sleep 2
    done
securityContext: {{- include "wiki-digest.containerSecurity" . | nindent 2 }}
resources:
  requests: {cpu: 10m, memory: 16Mi}
  limits: {memory: 64Mi}
volumeMounts: [{name: tmp, mountPath: /tmp, readOnly: true}]
{{- end -}}

{{/* The names of the groups of workers with GPUs. */}}
{{- define "wiki-digest.gpuGroups" -}}
{{- $names := list -}}
{{- range $name, $group := .Values.workers }}{{ if $group.gpu }}{{ $names = append $names $name }}{{ end }}{{ end -}}
{{- toYaml $names -}}
{{- end -}}

{{/* The options of each deployment of the placement: the defaults, with the values merged into them. A
     single worker has one replica of each by default. A deployment that scales has no fixed number of
     replicas, each may finish its requests, and one that requests no GPU stays off the workers with GPUs.
     Serve does not accept null. */}}
{{- define "wiki-digest.deployments" -}}
{{- $defaults := include "wiki-digest.defaults" . | fromYaml -}}
{{- $deployed := index $defaults.placements (dig "placement" $defaults.placement .Values.settings) -}}
{{- $shutdown := dict "graceful_shutdown_timeout_s" (include "wiki-digest.times" . | fromYaml).request -}}
{{- $groups := include "wiki-digest.gpuGroups" . | fromYamlArray -}}
{{- $workers := 0 -}}
{{- range include "wiki-digest.sizes" . | fromYaml }}{{ $workers = add $workers .max }}{{ end -}}
{{- range $defaults.deployments }}{{ $_ := set . "num_replicas" (min .num_replicas (max 1 $workers)) }}{{ end -}}
{{- $mixed := and $groups (lt (len $groups) (len .Values.workers)) -}}
{{- range $name, $options := include "wiki-digest.merged" (dict "base" $defaults.deployments "over" .Values.deployments) | fromYaml -}}
{{- if has $name $deployed -}}
{{- if hasKey $options "autoscaling_config" }}{{ $options = omit $options "num_replicas" }}{{ end -}}
{{- $actor := $options.ray_actor_options | default dict -}}
{{- if and $mixed (not $actor.num_gpus) (not $actor.label_selector) -}}
{{- $_ := set $actor "label_selector" (dict "wiki-digest/group" (printf "!in(%s)" (join "," $groups))) -}}
{{- $_ := set $options "ray_actor_options" $actor -}}
{{- end }}
{{ $name }}: {{- merge $options $shutdown | toYaml | nindent 2 }}
{{- end -}}
{{- end -}}
{{- end -}}
