{{/* Values that the schema allows, and that cannot work together: each is refused by its name. */}}
{{- define "wiki-digest.checks" -}}
{{- $times := include "wiki-digest.times" . | fromYaml -}}
{{- $deadline := include "wiki-digest.deadline" . | float64 -}}
{{- if le (float64 .Values.requestTimeoutSeconds) $deadline -}}
{{- fail (printf "requestTimeoutSeconds (%v) must be above settings.digest.deadline_s (%v): the graph answers at its deadline, and Serve would have given up before" .Values.requestTimeoutSeconds $deadline) -}}
{{- end -}}
{{- range $name, $options := .Values.deployments -}}
{{- if hasKey $options "graceful_shutdown_timeout_s" -}}
{{- $shutdown := float64 $options.graceful_shutdown_timeout_s -}}
{{- if or (lt $shutdown $deadline) (gt $shutdown (float64 $times.drain)) -}}
{{- fail (printf "deployments.%s.graceful_shutdown_timeout_s (%v) must be between settings.digest.deadline_s (%v) and requestTimeoutSeconds + 5 (%v): shorter, it breaks requests off; longer, its pod is gone before" $name $shutdown $deadline $times.drain) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $least := 0 -}}
{{- $most := dict "gpus" 0 "others" 0 -}}
{{- range $name, $size := include "wiki-digest.sizes" . | fromYaml -}}
{{- $least = add $least $size.min -}}
{{- $kind := (index $.Values.workers $name).gpu | empty | ternary "others" "gpus" -}}
{{- $_ := set $most $kind (add (get $most $kind) $size.max) -}}
{{- if or (gt $size.min $size.replicas) (gt $size.replicas $size.max) -}}
{{- fail (printf "workers.%s: minReplicas (%v) <= replicas (%v) <= maxReplicas (%v) must hold" $name $size.min $size.replicas $size.max) -}}
{{- end -}}
{{- end -}}
{{- range $name, $options := include "wiki-digest.deployments" . | fromYaml -}}
{{- include "wiki-digest.scalingChecks" (dict "name" $name "scaling" ($options.autoscaling_config | default dict)) -}}
{{- $replicas := include "wiki-digest.replicas" $options | int -}}
{{- $each := $options.max_replicas_per_node | default $replicas | int -}}
{{- $actor := $options.ray_actor_options | default dict -}}
{{- $workers := add $most.gpus $most.others -}}
{{- if $actor.num_gpus }}{{ $workers = $most.gpus }}{{ else if hasKey $actor "label_selector" | not }}{{ $workers = $most.others | default $workers }}{{ end -}}
{{- if and $workers (gt $replicas (mul $each $workers | int)) -}}
{{- fail (printf "deployments.%s: %d replicas, at most %d in one worker (max_replicas_per_node), need more workers than the %d that there may be: ask for fewer (num_replicas), or say max_replicas_per_node: null" $name $replicas $each $workers) -}}
{{- end -}}
{{- end -}}
{{- with .Values.podDisruptionBudget -}}
{{- if and .enabled (gt $least 1) (ge (int .minAvailable) (int $least)) -}}
{{- fail (printf "podDisruptionBudget.minAvailable (%v) must be below the number of workers (%v), or no node could ever be drained" .minAvailable $least) -}}
{{- end -}}
{{- end -}}
{{- if and .Values.ingress.enabled .Values.httpRoute.enabled -}}
{{- fail "ingress.enabled and httpRoute.enabled: give one of them" -}}
{{- end -}}
{{- if and .Values.httpRoute.enabled (not .Values.httpRoute.parentRefs) -}}
{{- fail "httpRoute.parentRefs must name the gateway" -}}
{{- end -}}
{{- with .Values.models -}}
{{- if and .claim .image -}}
{{- fail "models.claim and models.image: give one of them" -}}
{{- end -}}
{{- if and .fill.enabled (not .claim) -}}
{{- fail "models.fill.enabled needs models.claim, which it fills" -}}
{{- end -}}
{{- end -}}
{{- include "wiki-digest.gpuChecks" . -}}
{{- end -}}

{{/* The fewest replicas of a deployment. */}}
{{- define "wiki-digest.replicas" -}}
{{- $scaling := .autoscaling_config | default dict -}}
{{- if not $scaling }}{{ .num_replicas | default 1 }}{{ else }}{{ hasKey $scaling "min_replicas" | ternary $scaling.min_replicas 1 }}{{ end -}}
{{- end -}}

{{/* As the app's own types have it: Serve would take it, and swing. */}}
{{- define "wiki-digest.scalingChecks" -}}
{{- $given := .scaling -}}
{{- $least := hasKey $given "min_replicas" | ternary $given.min_replicas 1 | int -}}
{{- $initial := hasKey $given "initial_replicas" | ternary $given.initial_replicas $least | int -}}
{{- if or (gt $least $initial) (gt $initial (int ($given.max_replicas | default 1))) -}}
{{- if $given }}{{ fail (printf "deployments.%s.autoscaling_config: min_replicas <= initial_replicas <= max_replicas must hold" .name) }}{{ end -}}
{{- end -}}
{{- $span := $given.look_back_period_s | default 30 | float64 -}}
{{- range $key := list "upscale_delay_s" "downscale_delay_s" "downscale_to_zero_delay_s" -}}
{{- $delay := hasKey $given $key | ternary (get $given $key) (eq $key "upscale_delay_s" | ternary 30 600) | float64 -}}
{{- if and $given (lt $delay $span) -}}
{{- fail (printf "deployments.%s.autoscaling_config.%s (%v) must not be below look_back_period_s (%v), its average's span" $.name $key $delay $span) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Whether the fewest replicas that ask for GPUs fit the most that there may be: the largest first,
     each on the first GPU that has room. All in thousandths, which add up exactly. */}}
{{- define "wiki-digest.gpuChecks" -}}
{{- $free := dict -}}
{{- $sizes := include "wiki-digest.sizes" . | fromYaml -}}
{{- range $name, $group := .Values.workers -}}
{{- range $worker := until (int (index $sizes $name).max) -}}
{{- range $gpu := until (int (get ($group.gpu | default dict) "count")) -}}
{{- $_ := set $free (printf "%s %d %d" $name $worker $gpu) (dict "group" $name "worker" (printf "%s %d" $name $worker) "left" 1000) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $asks := dict -}}
{{- range $name, $options := include "wiki-digest.deployments" . | fromYaml -}}
{{- $actor := $options.ray_actor_options | default dict -}}
{{- $each := int (round (mulf 1000 ($actor.num_gpus | default 0)) 0) -}}
{{- if $each -}}
{{- if and (gt $each 1000) (mod $each 1000) -}}
{{- fail (printf "deployments.%s.ray_actor_options.num_gpus (%v) is a fraction below 1 or a whole number" $name $actor.num_gpus) -}}
{{- end -}}
{{- $replicas := include "wiki-digest.replicas" $options -}}
{{- $group := hasKey $actor "fallback_strategy" | ternary "" (dig "label_selector" "wiki-digest/group" "" $actor) -}}
{{- /* Which groups `in(...)` and `!...` mean is for `wiki-digest plan` to say. */ -}}
{{- if regexMatch "^!|[(]" $group }}{{ $group = "" }}{{ end -}}
{{- $_ := set $asks (printf "%08d %s" (sub 99999999 $each) $name) (dict "name" $name "gpus" $actor.num_gpus "each" $each "replicas" $replicas "group" $group) -}}
{{- end -}}
{{- end -}}
{{- range $ask := $asks -}}
{{- if not $free -}}
{{- fail (printf "deployments.%s asks for GPUs (ray_actor_options.num_gpus), and no group of workers has any: give one gpu: {resource: nvidia.com/gpu, count: 1}" $ask.name) -}}
{{- end -}}
{{- range until (int $ask.replicas) -}}
{{- $share := min 1000 $ask.each -}}
{{- $wanted := max 1 (div $ask.each 1000) -}}
{{- $chosen := list -}}
{{- $worker := "" -}}
{{- range $key, $gpu := $free -}}
{{- if ne $gpu.worker $worker }}{{ if lt (len $chosen) (int $wanted) }}{{ $chosen = list }}{{ end }}{{ $worker = $gpu.worker }}{{ end -}}
{{- if and (lt (len $chosen) (int $wanted)) (ge (int $gpu.left) (int $share)) (has $ask.group (list "" $gpu.group)) -}}
{{- $chosen = append $chosen $key -}}
{{- end -}}
{{- end -}}
{{- if lt (len $chosen) (int $wanted) -}}
{{- fail (printf "deployments.%s: the workers have no room for its %v replicas with num_gpus %v beside the others: a fraction must fit into one GPU, whole ones into one worker" $ask.name $ask.replicas $ask.gpus) -}}
{{- end -}}
{{- range $chosen -}}
{{- $gpu := index $free . -}}
{{- $_ := set $gpu "left" (sub $gpu.left $share) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
