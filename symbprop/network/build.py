"""Descriptions to networks: every layer, loss and penalty elaborated into one program."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sympy import Expr, Rational, S

from symbprop.calculus.check import check
from symbprop.calculus.index import Access
from symbprop.calculus.program import Program, Role, Tensor
from symbprop.calculus.statement import Statement, read_symbol, statement
from symbprop.language.elaborate import elaborate, formula
from symbprop.language.parser import parse_equations, parse_formula
from symbprop.language.source import SourceError, Span, did_you_mean
from symbprop.network.arguments import data_arguments, match, optional_inputs, roles
from symbprop.network.assembly import BATCH, Assembly, result_of
from symbprop.network.derivatives import in_parts, with_derivatives
from symbprop.network.description import Choice, Description, LayerSpec, LossSpec
from symbprop.network.graph import in_order
from symbprop.network.limits import possible
from symbprop.network.metrics import metric_terms, watched
from symbprop.network.modes import name_axes_of_modes, with_same_givens
from symbprop.network.naming import identifier, rename
from symbprop.network.network import Layer, Network
from symbprop.network.training import training


def build(description: Description, *, free_sizes: bool = False) -> Network:
    """The network that ``description`` means. ``free_sizes`` lets formulas have sizes that nothing fixes.

    Raises ``SourceError`` with the place of whatever does not fit together.
    """
    built = _Builder(description, free_sizes)
    program = built.program()
    names, inference = built.wishes.final(), None
    layers = tuple(each.renamed(names) for each in built.layers)
    initializers = {names.get(name, name): each for name, each in built.initializers.items()}
    noise = {names[name]: draw for name, draw in built.noise.items()}
    program = rename(program, names)
    if built.modes_differ:
        other = _Builder(description, free_sizes, training=False)
        inferring = other.program()
        names = other.wishes.final(settled=names)
        initializers = {**{names.get(name, name): each for name, each in other.initializers.items()}, **initializers}
        noise.update({names[name]: draw for name, draw in other.noise.items()})
        program, inference = with_same_givens(program, rename(inferring, names))
    program, inference, axes = name_axes_of_modes(program, inference, BATCH)
    wanted = None if program.loss is None else description.training
    part = None if wanted is None else training(wanted, built.library)
    return possible(Network(description.name, check(program), initializers, layers, axes, description,
                            description.dtype, inference, noise, part, description.accuracy))  # fmt: skip


class _Builder(Assembly):
    """Layers, nodes, formulas and losses, one after another."""

    def program(self) -> Program:
        """The program, its names provisional."""
        description = self.description
        build = self._formulas if description.formulas else self._graph if description.nodes else self._chain
        outputs = build()
        loss = self._loss(outputs)
        for label, spec in description.parameters.items():
            if label not in self.described:
                raise SourceError(f"nothing reads the parameter '{label}'", spec.span)
        metrics = {
            name: self._loss_term(spec, outputs, 0)
            for name, spec in metric_terms(watched(description, self.library), description.loss, self.library)
        }
        statements = tuple(self.statements)
        return Program(self.tensors, statements, tuple(dict.fromkeys(outputs)), loss, self.updates, metrics)

    def _chain(self) -> list[str]:
        names = [identifier(label) for label in self.description.inputs]
        if not names:
            raise SourceError("a network needs an input", self.description.span, hint="write inputs: {x: {shape: [3]}}")
        current = names[0]
        for position, spec in enumerate(self.description.layers):
            inputs = [self.resolve(label) for label in spec.inputs] or (names if position == 0 else [current])
            current = self._layer(spec, inputs, "" if spec.name is None else spec.name.text)
        return self._outputs([current])

    def _graph(self) -> list[str]:
        read: set[str] = set()
        for label, spec in in_order(self.description.nodes, self.description.inputs, self._named):
            inputs = [self.resolve(each) for each in spec.inputs]
            if not inputs and len(self.description.inputs) == 1:
                inputs = [identifier(next(iter(self.description.inputs)))]
            if not inputs:
                raise SourceError(f"'{label}' needs inputs", spec.span, hint="write inputs: [names]")
            read.update((*inputs, *(self.parts[each] for each in self._named(spec) if each in self.parts)))
            self._layer(spec, inputs, label)
        sinks = [self.parts[label] for label in self.description.nodes if self.parts[label] not in read]
        return self._outputs(sinks)

    def _named(self, spec: LayerSpec) -> list[str]:
        """What a layer names as its optional inputs."""
        if spec.kind not in self.library:
            return []
        return [each.text for each in optional_inputs(self.library[spec.kind], spec.arguments).values()]

    def _outputs(self, default: list[str]) -> list[str]:
        return [self.resolve(label) for label in self.description.outputs] or default

    def _layer(self, spec: LayerSpec, inputs: list[str], label: str) -> str:
        title = label or f"layer {len(self.layers) + 1}"
        last = label if spec.activation is None or self._takes_activation(spec) else ""
        if spec.formula is not None:
            output, parameters = self._formula_layer(spec, inputs, label, last)
        else:
            output, parameters = self._library_layer(spec, inputs, label, last)
        if spec.activation is not None and not self._takes_activation(spec):
            operation = self.operation(spec.activation.name, spec.activation.span)
            matched = match(operation, spec.activation.arguments, spec.activation.span)
            output, more = self.apply(operation, [output], matched, {}, spec.activation.span, label, label)
            parameters = (*parameters, *more)
        if label:
            self.parts[label] = output
            self.shared[label] = {name.split("@")[1]: name for name in parameters}
        if spec.activity is not None:
            self.penalties.append((output, spec.activity))
        self.layers.append(Layer(title, spec.kind, output, parameters))
        return output

    def _takes_activation(self, spec: LayerSpec) -> bool:
        """Whether the operation applies the activation itself, inside its formula."""
        return spec.formula is None and any(
            each.name == "activation" for each in self.operation(spec.kind, spec.span).attributes
        )

    def _library_layer(self, spec: LayerSpec, inputs: list[str], label: str, last: str) -> tuple[str, tuple[str, ...]]:
        operation = self.operation(spec.kind, spec.span)
        arguments = dict(spec.arguments)
        if spec.activation is not None and self._takes_activation(spec):
            arguments["activation"] = spec.activation.as_argument()
        matched = match(operation, arguments, spec.span)
        shared: Mapping[str, str] = {}
        if spec.share is not None:
            if spec.share.text not in self.shared:
                hint = did_you_mean(spec.share.text, self.shared)
                raise SourceError(f"no layer before this is named '{spec.share.text}'", spec.share.span, hint=hint)
            shared = self.shared[spec.share.text]
        associative = any(each.name == "associative" and each.default is True for each in operation.attributes)
        if associative and len(inputs) > 2:
            output, parameters = inputs[0], tuple[str, ...]()
            for position, each in enumerate(inputs[1:]):
                name = last if position == len(inputs) - 2 else ""
                output, _ = self.apply(operation, [output, each], matched, shared, spec.span, label, name)
            return output, parameters
        given = roles(operation, [self.label_of(each) for each in inputs], spec.roles, spec.span)
        return self.apply(operation, inputs, matched, shared, spec.span, label, last, roles=given)

    def _formula_layer(self, spec: LayerSpec, inputs: list[str], label: str, last: str) -> tuple[str, tuple[str, ...]]:
        assert spec.formula is not None
        states, equations = parse_formula(spec.formula)
        operation = formula(equations, spec.span, states)
        labels = [each.text for each in spec.roles or spec.inputs] or ["x"] * (len(inputs) == 1)
        computed = {each.target.name for each in operation.equations}
        given = {
            label: self.tensors[name]
            for label, name in self.parts.items()
            if label not in computed and self.tensors[name].role is not Role.TARGET
        }
        given.update({identifier(text): self.tensors[name] for text, name in zip(labels, inputs, strict=False)})
        if "x" not in labels:
            given["x"] = self.tensors[inputs[0]]
        shared = {} if spec.share is None else self.shared[spec.share.text]
        given.update({local: self.tensors[name] for local, name in shared.items()})
        equations, given = with_derivatives(operation.equations, given, self)
        operation = replace(operation, equations=equations)
        result = result_of(operation)
        block = label or str(self.block + 1)

        def name(local: str) -> str:
            return self.wishes.add("" if last and local == result else local, block)

        made = elaborate(
            operation,
            given,
            {},
            name,
            self.library,
            open_names=True,
            declared=self.declared(),
            label=label or "formula",
            training=self.training,
        )
        self.absorb(made)
        for parameter, local in made.parameters.items():
            self._parameter_start(parameter, local, spec.initializers.get(local), spec.span)
            if local in spec.regularizers:
                self.penalties.append((parameter, spec.regularizers[local]))
        begun = self.begin_states(made, operation, spec.initializers, spec.span)
        for local in (*spec.initializers, *spec.regularizers):
            if local not in made.parameters.values() and (local not in begun or local in spec.regularizers):
                hint = did_you_mean(local, made.parameters.values())
                raise SourceError(f"the formula has no parameter '{local}'", spec.span, hint=hint)
        if (made.parameters or made.modes.states) and not label:
            self.block += 1
        return made.results[-1], tuple(made.parameters)

    def _parameter_start(self, parameter: str, local: str, chosen: Choice | None, span: Span) -> None:
        spec = self.description.parameters.get(local)
        if spec is not None:
            self.described.add(local)
            chosen = chosen or spec.initializer
            if spec.range is not None:
                interval = (float(spec.range[0]), float(spec.range[1]))
                self.tensors[parameter] = replace(self.tensors[parameter], interval=interval)
            if spec.regularizer is not None:
                self.penalties.append((parameter, spec.regularizer))
        self.start(parameter, chosen, self.default_initializer(), span)

    def _formulas(self) -> list[str]:
        equations = tuple(each for source in self.description.formulas for each in parse_equations(source))
        parts = list(in_parts(equations))
        results, parameters, known = list[str](), list[str](), dict[str, Tensor]()
        for part in parts:
            given = {**known, **{label: self.tensors[name] for label, name in self.parts.items()}}
            part, given = with_derivatives(part, given, self)
            made = elaborate(
                formula(part, self.description.span), given, {}, lambda local: self.wishes.add(local, ""), self.library,
                open_names=True, declared=self.declared(), free_sizes=self.free_sizes, label="formula",
                training=self.training,
            )  # fmt: skip
            self.absorb(made)
            for parameter, local in made.parameters.items():
                self._parameter_start(parameter, local, None, self.description.span)
                known[local] = self.tensors[parameter]
            for equation, result in zip(dict.fromkeys(each.target.name for each in part), made.results, strict=True):
                self.parts[equation] = result
            results += made.results
            parameters += made.parameters
        self.layers.append(Layer("formulas", "formula", results[-1], tuple(parameters)))
        predicted = [name for name in results if not self.depends_on_targets(name)]
        return self._outputs([predicted[-1] if predicted else results[-1]])

    def _loss(self, outputs: Sequence[str]) -> str | None:
        terms: list[tuple[Expr, str]] = []
        for position, spec in enumerate(self.description.loss):
            terms.append(
                (Rational(spec.weight.numerator, spec.weight.denominator), self._loss_term(spec, outputs, position))
            )
        if not terms and self.description.formulas:
            scalars = [
                name
                for name in self.parts.values()
                if self.tensors[name].shape == () and name in _computed(self.statements)
            ]
            terms = [(S.One, scalars[-1])] if scalars else []
        for tensor, choice in self.penalties:
            operation = self.operation(choice.name, choice.span)
            matched = match(operation, choice.arguments, choice.span)
            result, _ = self.apply(operation, [tensor], matched, {}, choice.span, "", "")
            terms.append((self.per_example(tensor), result))
        if not terms:
            return None
        if len(terms) == 1 and terms[0][0] == 1:
            return terms[0][1]
        total = self.wishes.add("L_total", "")
        self.tensors[total] = Tensor(total, (), Role.VALUE)
        for weight, term in terms:
            made = statement(Access(total, ()), weight * read_symbol(0), [Access(term, ())], [], label="total loss")
            self.statements.append(made)
        return total

    def _loss_term(self, spec: LossSpec, outputs: Sequence[str], position: int) -> str:
        if spec.formula is not None:
            given = {name.split("@")[-1]: self.tensors[name] for name in outputs}
            given.update({label: self.tensors[name] for label, name in self.parts.items()})
            equations, given = with_derivatives(parse_equations(spec.formula), given, self)
            made = elaborate(
                formula(equations, spec.span), given, {}, lambda local: self.wishes.add(local, str(position + 1)), self.library,
                open_names=False, label="loss", training=self.training,
            )  # fmt: skip
            self.absorb(made)
            return self.scalar(made.results[-1], spec.span)
        if spec.kind in self.parts and not spec.arguments:
            return self.scalar(self.parts[spec.kind], spec.span)
        operation = self.operation(spec.kind, spec.span)
        wanted, inputs = len(data_arguments(operation)), [self.resolve(label) for label in spec.inputs]
        targets = [identifier(label) for label in self.description.targets]
        if not inputs:
            rest = targets[min(position, max(len(targets) - 1, 0)) :]
            inputs = [outputs[min(position, len(outputs) - 1)], *rest][:wanted]
        if len(inputs) != wanted:
            raise SourceError(
                f"'{spec.kind}' takes {wanted} tensors, here are {len(inputs)}",
                spec.span,
                hint="write targets: {…}, or inputs: [prediction, target] in the loss",
            )
        matched = match(operation, spec.arguments, spec.span)
        result, _ = self.apply(operation, inputs, matched, {}, spec.span, "", "", str(position + 1))
        return self.scalar(result, spec.span)


def _computed(statements: Sequence[Statement]) -> set[str]:
    return {each.target.tensor for each in statements}
