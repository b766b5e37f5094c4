package io.kiln.model.script;

import io.kiln.model.network.Architecture;
import io.kiln.model.network.Family;
import io.kiln.model.torch.ScriptModule;

/** ResNet as timm has it: stride in the 3×3 convolution, no head. */
final class ResNetScript {
    private ResNetScript() {}

    static ScriptModule write(Architecture architecture, ScriptCode code) {
        String x = code.relu(code.batchNorm("bn1", code.conv("conv1", code.images(), 2, 3, 1)));
        x = code.assign("torch.max_pool2d(" + x + ", [3, 3], [2, 2], [1, 1], [1, 1], False)");
        int in = architecture.stem();
        for (int stage = 0; stage < Architecture.STAGES; stage++) {
            int out = architecture.widths().get(stage);
            for (int i = 0; i < architecture.depths().get(stage); i++) {
                int stride = stage > 0 && i == 0 ? 2 : 1;
                String block = "layer" + (stage + 1) + "." + i;
                boolean projected = stride > 1 || in != out;
                x = block(architecture.family(), code, block, x, stride, projected);
                in = out;
            }
            code.feature(x);
        }
        return code.finish();
    }

    private static String block(
            Family family, ScriptCode code, String block, String x, int stride, boolean projected) {
        String y =
                family == Family.RESNET_BOTTLENECK
                        ? bottleneck(code, block, x, stride)
                        : basic(code, block, x, stride);
        String shortcut = x;
        if (projected) {
            shortcut = code.conv(block + ".downsample.0", x, stride, 0, 1);
            shortcut = code.batchNorm(block + ".downsample.1", shortcut);
        }
        return code.relu(code.add(y, shortcut));
    }

    private static String bottleneck(ScriptCode code, String block, String x, int stride) {
        String y = code.conv(block + ".conv1", x, 1, 0, 1);
        y = code.relu(code.batchNorm(block + ".bn1", y));
        y = code.conv(block + ".conv2", y, stride, 1, 1);
        y = code.relu(code.batchNorm(block + ".bn2", y));
        y = code.conv(block + ".conv3", y, 1, 0, 1);
        return code.batchNorm(block + ".bn3", y);
    }

    private static String basic(ScriptCode code, String block, String x, int stride) {
        String y = code.conv(block + ".conv1", x, stride, 1, 1);
        y = code.relu(code.batchNorm(block + ".bn1", y));
        y = code.conv(block + ".conv2", y, 1, 1, 1);
        return code.batchNorm(block + ".bn2", y);
    }
}
