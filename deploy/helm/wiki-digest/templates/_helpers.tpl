{{/* KubeRay adds to a RayService's name up to 16 characters, and 63 are a label's most. */}}
{{- define "wiki-digest.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- $full := .Values.fullnameOverride | default (contains $name .Release.Name | ternary .Release.Name (printf "%s-%s" .Release.Name $name)) -}}
{{- if not (regexMatch "^[a-z][a-z0-9-]*$" $full) -}}
{{- fail (printf "%s: what KubeRay names begins with a letter, and has small letters, digits and dashes alone; give fullnameOverride" $full) -}}
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

{{/* Labels of Ray's pods: nothing that a new version of the chart changes, since each change of
     the pods starts a new cluster. */}}
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

{{/* Nothing where KubeRay is to make one. */}}
{{- define "wiki-digest.authSecret" -}}
{{- with .Values.auth -}}
{{ .existingSecret | default (.create | ternary (printf "%s-auth" (include "wiki-digest.fullname" $)) "") }}
{{- end -}}
{{- end -}}

{{- define "wiki-digest.redisSecret" -}}
{{ .Values.faultTolerance.existingSecret | default (printf "%s-redis" (include "wiki-digest.fullname" .)) }}
{{- end -}}

{{- define "wiki-digest.deadline" -}}
{{ dig "digest" "deadline_s" 30 .Values.settings }}
{{- end -}}

{{/* All times in seconds, from the one that a request may take. */}}
{{- define "wiki-digest.times" -}}
{{- $request := int .Values.requestTimeoutSeconds -}}
request: {{ $request }}
{{/* Endpoints need a moment to hear that a pod leaves. */ -}}
preStop: 5
drain: {{ add $request 5 }}
{{/* A replica or an HAProxy that leaves takes requests until every connection that idled has been
     closed: an HAProxy that was reloaded keeps those that it took, and knows no other replicas. */ -}}
open: {{ min (add .Values.keepAliveTimeoutSeconds 5) (add $request 5) }}
workerGrace: {{ add $request 5 5 20 }}
{{/* No new head starts before the old one has gone. */ -}}
headGrace: 15
{{/* Clients keep idle connections for some 90 s; who holds one may still ask the old cluster. */ -}}
clusterDeletion: {{ add (max $request .Values.keepAliveTimeoutSeconds 90) 30 }}
{{- end -}}

{{/* How many workers each group has at the start, at least and at most. */}}
{{- define "wiki-digest.sizes" -}}
{{- range $name, $group := .Values.workers }}
{{ $name }}:
  replicas: {{ $group.replicas }}
  min: {{ hasKey $group "minReplicas" | ternary $group.minReplicas $group.replicas }}
  max: {{ hasKey $group "maxReplicas" | ternary $group.maxReplicas $group.replicas }}
{{- end }}
{{- end -}}

{{/* Whether a group of workers may change its size: `true`, or nothing. */}}
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

{{/* What head and workers have in common: `root` is the chart, `group` their values, `models`
     whether they have the volume of models. */}}
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

{{/* A group's own, and the one that nodes with its kind of GPU ask for. */}}
{{- define "wiki-digest.tolerations" -}}
{{- $own := .tolerations | default list -}}
{{- with .gpu -}}
{{- $vendor := splitList "/" .resource | first -}}
{{- $own = append $own (dict "key" (printf "%s/gpu" $vendor) "operator" "Exists" "effect" "NoSchedule") -}}
{{- end -}}
{{- toYaml $own -}}
{{- end -}}

{{/* A group's own, with its GPUs; a GPU's request must be its limit. */}}
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
  # Serve spreads replicas otherwise, and one that is left keeps a worker.
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

{{/* Serve writes JSON to files only: this follows those of all replicas, new ones too. */}}
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

{{/* Deployments that there are, with what the chart knows better than the values: who scales has no
     fixed number of replicas, all may finish what they do, and who asks for no GPU stays off the
     workers that have some. What is null is left out: Serve knows no null, and `helm upgrade
     --reuse-values` keeps one that took a default away. */}}
{{- define "wiki-digest.deployments" -}}
{{- $times := include "wiki-digest.times" . | fromYaml -}}
{{- $with := list -}}
{{- range $name, $group := .Values.workers }}{{ if $group.gpu }}{{ $with = append $with $name }}{{ end }}{{ end -}}
{{- $fused := eq "fused" (dig "placement" "" .Values.settings) -}}
{{- range $name, $given := $fused | ternary (pick .Values.deployments "Digest") .Values.deployments }}
{{- $options := deepCopy $given -}}
{{- range $part := list $options $options.ray_actor_options $options.autoscaling_config -}}
{{- range $key, $value := $part }}{{ if kindIs "invalid" $value }}{{ $_ := unset $part $key }}{{ end }}{{ end -}}
{{- end -}}
{{- if $options.autoscaling_config }}{{ $options = omit $options "num_replicas" }}{{ end -}}
{{- $actor := $options.ray_actor_options | default dict -}}
{{- if and $with (lt (len $with) (len $.Values.workers)) (not $actor.num_gpus) (not $actor.label_selector) -}}
{{- $_ := set $actor "label_selector" (dict "wiki-digest/group" (printf "!in(%s)" (join "," $with))) -}}
{{- $_ := set $options "ray_actor_options" $actor -}}
{{- end }}
{{ $name }}: {{- merge $options (dict "graceful_shutdown_timeout_s" $times.request) | toYaml | nindent 2 }}
{{- end }}
{{- end -}}
