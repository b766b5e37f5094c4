package io.kiln.verification.bench;

import io.kiln.model.torch.Gemm;

/**
 * Rates of a product in GFLOP a second.
 *
 * @param kind of the product
 * @param shape of the product
 * @param mkl rate of MKL
 * @param onednn rate of oneDNN
 */
public record GemmFigures(GemmKind kind, GemmShape shape, double mkl, double onednn) {
    /** What computes this product under a rule. */
    public Gemm under(Gemm rule) {
        boolean isOnednn =
                kind.isGradient()
                        ? rule.isOnednnForGradient(
                                shape.multiplications(), (long) shape.inner() * shape.columns())
                        : rule.isOnednn(shape.multiplications());
        return isOnednn ? Gemm.ONEDNN : Gemm.MKL;
    }
}
