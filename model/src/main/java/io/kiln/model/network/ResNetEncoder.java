package io.kiln.model.network;

import ai.djl.ndarray.NDArray;
import io.kiln.model.layers.BatchNorm;
import io.kiln.model.layers.BatchNorm.Activation;
import io.kiln.model.layers.MaxPool;
import io.kiln.model.layers.Pass;
import io.kiln.model.layers.RowConv;
import io.kiln.model.layers.Shortcut;
import io.kiln.model.layers.Tape;
import io.kiln.model.layers.Weights;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** ResNet as timm has it (stride in the 3×3 convolution, no head), on rows. */
final class ResNetEncoder extends Encoder {
    private static final int STEM_STRIDE = 2;
    private static final int FIRST_STAGE_STRIDE = 4;

    private final RowConv stem;
    private final BatchNorm stemNorm;
    private final List<List<Block>> stages = new ArrayList<>();

    ResNetEncoder(Architecture architecture, Weights.Scope scope) {
        stem = RowConv.resNetStem(scope.at("conv1"), architecture.channels(), architecture.stem());
        stemNorm = new BatchNorm(scope.at("bn1"), architecture.stem(), Activation.RELU);
        int in = architecture.stem();
        int number = 0;
        for (int stage = 0; stage < Architecture.STAGES; stage++) {
            List<Block> blocks = new ArrayList<>();
            for (int i = 0; i < architecture.depths().get(stage); i++) {
                int stride = stage > 0 && i == 0 ? 2 : 1;
                Weights.Scope at = scope.at("layer" + (stage + 1)).at(Integer.toString(i));
                blocks.add(new Block(architecture, at, stage, number++, in, stride));
                in = architecture.widths().get(stage);
            }
            stages.add(blocks);
        }
    }

    @Override
    NDArray stage(int stage, NDArray x, Pass pass, Tape tape) {
        NDArray y = stage == 0 ? stem(x, pass, tape) : x;
        int side = pass.grid().side(FIRST_STAGE_STRIDE << Math.max(0, stage - 1));
        for (Block block : stages.get(stage)) {
            y = block.forward(y, side, pass, tape);
            side /= block.stride;
        }
        return y;
    }

    private NDArray stem(NDArray pixels, Pass pass, Tape tape) {
        NDArray x = stem.forward(pixels, pass.grid().patch(), pass, tape);
        int side = pass.grid().side(STEM_STRIDE);
        return stemNorm.forward(x, y -> MaxPool.forward(y, side, pass, tape), pass, tape);
    }

    /** A basic block (3×3, 3×3) or a bottleneck (1×1, 3×3, 1×1). */
    private static final class Block {
        private final @Nullable RowConv reduce;
        private final @Nullable BatchNorm reduceNorm;
        private final RowConv spatial;
        private final BatchNorm spatialNorm;
        private final @Nullable RowConv expand;
        private final @Nullable RowConv second;
        private final BatchNorm lastNorm;
        private final @Nullable Shortcut projection;
        private final int number;
        private final double dropRate;
        private final int stride;

        Block(
                Architecture architecture,
                Weights.Scope scope,
                int stage,
                int number,
                int in,
                int stride) {
            int inner = architecture.innerWidth(stage);
            int out = architecture.widths().get(stage);
            if (architecture.family() == Family.RESNET_BOTTLENECK) {
                reduce = RowConv.pointwise(scope.at("conv1"), in, inner);
                reduceNorm = new BatchNorm(scope.at("bn1"), inner, Activation.RELU);
                spatial = RowConv.threeByThree(scope.at("conv2"), inner, inner, stride);
                spatialNorm = new BatchNorm(scope.at("bn2"), inner, Activation.RELU);
                expand = RowConv.pointwise(scope.at("conv3"), inner, out);
                second = null;
                lastNorm = BatchNorm.lastOfBranch(scope.at("bn3"), out);
            } else {
                reduce = null;
                reduceNorm = null;
                spatial = RowConv.threeByThree(scope.at("conv1"), in, out, stride);
                spatialNorm = new BatchNorm(scope.at("bn1"), out, Activation.RELU);
                expand = null;
                second = RowConv.threeByThree(scope.at("conv2"), out, out, 1);
                lastNorm = BatchNorm.lastOfBranch(scope.at("bn2"), out);
            }
            projection =
                    stride > 1 || in != out
                            ? new Shortcut(scope.at("downsample"), in, out, stride)
                            : null;
            dropRate = architecture.dropPathRate(number);
            this.number = number;
            this.stride = stride;
        }

        NDArray forward(NDArray x, int side, Pass pass, Tape tape) {
            Tape branchTape = new Tape();
            NDArray y = first(x, side, pass, branchTape);
            y = spatialNorm.forward(y, n -> last(n, side, pass, branchTape), pass, branchTape);
            y = lastNorm.forward(y, pass, branchTape);
            y = Residual.dropPath(y, number, dropRate, pass, branchTape);
            Tape shortcutTape = new Tape();
            NDArray shortcut =
                    projection == null ? x : projection.forward(x, side, pass, shortcutTape);
            return Residual.addRelu(y, branchTape, shortcut, shortcutTape, pass, tape);
        }

        /** Up to the 3×3 convolution that has the stride. */
        private NDArray first(NDArray x, int side, Pass pass, Tape tape) {
            if (reduce == null || reduceNorm == null) {
                return spatial.forward(x, side, pass, tape);
            }
            NDArray y = reduce.forward(x, side, pass, tape);
            return reduceNorm.forward(y, n -> spatial.forward(n, side, pass, tape), pass, tape);
        }

        private NDArray last(NDArray x, int side, Pass pass, Tape tape) {
            if (expand != null) {
                return expand.forward(x, side / stride, pass, tape);
            }
            return Objects.requireNonNull(second).forward(x, side / stride, pass, tape);
        }
    }
}
